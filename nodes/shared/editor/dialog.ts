/** What the dialogs of all nodes share: defaults, labels, and rows that show only while they matter. */
import tables from 'settings-tables';
import type { Parameter } from '../../../src/contract/parameters';
import type { NodeName } from '../node-settings';
import { changes, currentVersion, KIND_OF, settingDefaults } from '../migrations';
import style from './editor.css';
import { text, textsOf } from './parts';
import { prepareTypedInputs } from './typed-inputs';
import { reason, SOURCES, validatorOf } from './validators';

/** The node whose dialog is open. */
let edited = '';

/** Checks a setting as what it is, or as the name of where it comes from. */
function typedValidator(field: string, parameter: Parameter): Validator {
  const validate = validatorOf(parameter);
  return function (this: Partial<EditorNode>, value, options) {
    const live = edited !== '' && edited === this.id && $(`#node-input-${field}Type`).val();
    const type = String(live || this[`${field}Type`] || KIND_OF[parameter.type]);
    if (!SOURCES.includes(type)) return validate.call(this, value, options);
    if (type === 'env') return value ? true : reason(options, 'env');
    const result = RED.utils.validateTypedProperty(value, type, options ?? {});
    return result === false ? reason(options, 'expression') : result;
  };
}

/** The defaults of a node type, each with its validator and with the name that reasons begin with. */
export function defaultsOf(name: NodeName): Record<string, SettingDefault> {
  const table = tables[name];
  const type = `lipwire-${name}`;
  const defaults: Record<string, SettingDefault> = { name: { value: '' } };
  if (name !== 'studio')
    defaults['studio'] = { value: '', type: 'lipwire-studio', required: false };
  for (const [field, { value }] of Object.entries(settingDefaults(type, table))) {
    const parameter = table[field];
    defaults[field] = { value };
    if (!parameter) continue;
    const isTyped = `${field}Type` in settingDefaults(type, table);
    defaults[field].validate = isTyped ? typedValidator(field, parameter) : validatorOf(parameter);
    defaults[field].label = (field.startsWith('queue') ? text : textsOf(name))(`label.${field}`);
  }
  defaults['version'] = { value: currentVersion(type) };
  return defaults;
}

/** The credentials of a node type. */
export function credentialsOf(name: NodeName): Record<string, { type: 'password' }> {
  const secret = Object.entries(tables[name]).filter(([, parameter]) => parameter.secret);
  return Object.fromEntries(secret.map(([field]) => [field, { type: 'password' }]));
}

/** Shows an element only while a field has a fitting value, or may have it by what comes. */
function showWhile(field: string, isFitting: (value: string) => boolean, element: JQuery): void {
  const input = $(`#node-input-${field}`);
  const update = (): void => {
    const isElsewhere = SOURCES.includes(String($(`#node-input-${field}Type`).val()));
    element.toggle(isElsewhere || isFitting(String(input.val())));
  };
  input.on('change', update);
  update();
}

/** The row of a setting in the open dialog. */
export const rowOf = (field: string): JQuery => $(`#node-input-${field}`).closest('.form-row');

/** The place for what a node shows of its last result: under its own settings, above the queue's. */
export function addPreview(name: NodeName): JQuery {
  return $('<div>').attr('id', `lipwire-${name}-preview`).insertBefore(rowOf('queuePolicy'));
}

function prepare(node: EditorNode, name: NodeName): void {
  edited = node.id;
  prepareTypedInputs(node);
  for (const [field, { when, section }] of Object.entries(tables[name])) {
    if (!when) continue;
    const element = section ? $(`#lipwire-${name}-${section}`) : rowOf(field);
    const isFitting = (value: string): boolean =>
      'is' in when ? when.is.includes(value) : !when.isNot.includes(value);
    showWhile(when.parameter, isFitting, element);
  }
}

/** What every node's definition has. */
export const LABELS: Pick<NodeDefinition, 'paletteLabel' | 'label' | 'labelStyle'> = {
  paletteLabel() {
    return this._(`${this.type}.paletteLabel`);
  },
  label() {
    return this.name || this._(`${this.type}.paletteLabel`);
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
};

/** What is special about the dialog of one stage's node. */
interface StageDialog {
  /** Further defaults, in place of those of the table. */
  defaults?: Record<string, Partial<SettingDefault>>;
  /** Makes what the dialog has besides its rows; returns what ends it. */
  open?(node: EditorNode): void | (() => void);
}

/** Registers the node of a stage with the editor. */
export function registerStage(
  name: Exclude<NodeName, 'studio'>,
  { defaults = {}, open = () => undefined }: StageDialog = {},
): void {
  let close: void | (() => void);
  const end = (): void => close?.();
  const all = defaultsOf(name);
  for (const [field, own] of Object.entries(defaults))
    all[field] = { ...all[field], ...own } as SettingDefault;
  RED.nodes.registerType(`lipwire-${name}`, {
    category: 'lipwire',
    categoryDescription: text('category'),
    color: '#B39DDB',
    defaults: all,
    inputs: 1,
    outputs: 1,
    icon: `${name}.svg`,
    ...LABELS,
    inputLabels() {
      return this._(`${this.type}.port.input`);
    },
    outputLabels() {
      return this._(`${this.type}.port.output`);
    },
    oneditprepare() {
      prepare(this, name);
      close = open(this);
    },
    oneditsave: end,
    oneditcancel: end,
    oneditdelete: end,
  });
}

/** Gives nodes that an earlier version saved, or somebody wrote by hand, what they lack. */
function upgrade(node: EditorNode & { __node__?: EditorNode }): void {
  // Past the editor's proxy, which refuses to touch nodes of a locked flow.
  const plain = node.__node__ ?? node;
  const table = tables[plain.type.replace(/^lipwire-/, '')];
  if (!table || !plain.type.startsWith('lipwire-')) return;
  Object.assign(plain, changes(plain.type, table, plain));
  for (const [setting, { value }] of Object.entries(plain._def.defaults)) {
    if (plain[setting] === undefined) plain[setting] = value;
  }
}

RED.events.on('nodes:add', upgrade);
$('<style>').text(style).appendTo('head');
