/**
 * Settings that a message may override as Node-RED's typed inputs: the value itself, or where it comes
 * from. Numbers and texts are typed in; a list or a checkbox stays what it is, inside the typed input,
 * so that it keeps its keyboard, its label and its options.
 */
import type { Kind } from '../migrations';
import { text } from './parts';
import { SOURCES } from './validators';

const WIDTH = 'calc(100% - 160px)';

/** By the kind of a setting: its icon, and how wide it is. */
const KINDS: Record<Kind, { icon: string; width: string }> = {
  num: { icon: 'red/images/typedInput/09.svg', width: '160px' },
  str: { icon: 'red/images/typedInput/az.svg', width: WIDTH },
  choice: { icon: 'fa fa-list-ul', width: WIDTH },
  bool: { icon: 'red/images/typedInput/bool.svg', width: '84px' },
};

/** Makes all typed settings of a node's open dialog typed inputs. */
export function prepareTypedInputs(node: EditorNode): void {
  const { defaults } = node._def;
  for (const field of Object.keys(defaults)) {
    const kind = defaults[`${field}Type`]?.value as Kind;
    const plain = $(`#node-input-${field}`);
    if (!KINDS[kind] || plain.length === 0) continue;
    if (kind === 'num' || kind === 'str') typedIn(node, field, kind, plain);
    else chosen(node, field, kind, plain);
  }
}

/** A number or a text. */
function typedIn(node: EditorNode, field: string, kind: Kind, element: JQuery): void {
  make(node, field, kind, element, { label: RED._(`editor:typedInput.type.${kind}`) });
  // Scripts that show something while one types, or set the value, know the element only.
  const shown = element.next().find('.red-ui-typedInput-input');
  shown.on('input', () => element.val(String(shown.val())).trigger('input'));
  element.on('change', () => {
    const value = String(element.val());
    if (value !== element.typedInput('value')) element.typedInput('value', value);
  });
}

/**
 * A list or a checkbox. Another element takes its id, whose value is saved; it is called
 * `node-input-<field>-choice` from then on.
 */
function chosen(node: EditorNode, field: string, kind: 'choice' | 'bool', plain: JQuery): void {
  const id = `node-input-${field}`;
  const initial = String(node._def.defaults[field].value);
  const saved = node[field] === undefined ? initial : String(node[field]);
  // What is chosen, also while the value comes from elsewhere, and where the list does not have it.
  let own = (node[`${field}Type`] || kind) === kind ? saved : initial;
  plain.attr('id', `${id}-choice`);
  forgetComplaint(plain);
  const element = $('<input type="text">').attr('id', id).val(saved).insertBefore(plain);
  make(node, field, kind, element, {
    label: kind === 'bool' ? RED._('editor:typedInput.type.bool') : text('typed.choice'),
    // Not the editor's own label of a value: what is chosen from stands there.
    valueLabel: (place) => place.hide(),
  });
  const box = element.next('.red-ui-typedInput-container').append(plain);
  let type = element.typedInput('type');

  function showChosen(): void {
    if (kind === 'bool') {
      plain.prop('checked', own === 'true');
      return;
    }
    const options = plain.find('option').get() as HTMLOptionElement[];
    const isOffered = options.some(({ value }) => value === own);
    if (!isOffered && own) $('<option>').val(own).text(own).appendTo(plain);
    plain.val(own);
  }
  function showKind(): void {
    const isOwn = type === kind;
    plain.toggle(isOwn);
    box.css('width', isOwn ? KINDS[kind].width : kind === 'bool' ? KINDS.num.width : WIDTH);
    // One name at a time: what is hidden is not called anything.
    $(`#${id}-label`).attr('for', isOwn ? `${id}-choice` : `${id}-value`);
    $(`#${id}-value`).attr('aria-labelledby', isOwn ? null : `${id}-label`);
  }
  plain.on('change', (event) => {
    // The element tells what listens to the setting; of this one, it is told once.
    event.stopPropagation();
    own = kind === 'bool' ? String(plain.prop('checked')) : String(plain.val());
    if (type === kind) element.typedInput('value', own);
  });
  element.on('change', () => {
    const before = type;
    type = element.typedInput('type');
    if (type !== before) {
      showKind();
      // What is chosen is no name of a property, and the other way round.
      if (type === kind) return void element.typedInput('value', own);
      if (before === kind) return void element.typedInput('value', '');
    }
    if (type !== kind || element.typedInput('value') === own) return;
    own = element.typedInput('value');
    showChosen();
  });
  showChosen();
  showKind();
}

/** The editor has checked the value as if it were one of the list, before it could know. */
function forgetComplaint(plain: JQuery): void {
  const told = plain.data('tooltip') as { delete(): void } | undefined;
  told?.delete();
  plain.removeData('tooltip').removeClass('input-error').removeAttr('aria-label');
}

/** @param own what its own kind of value is called, and how it is shown */
function make(
  node: EditorNode,
  field: string,
  kind: Kind,
  element: JQuery,
  own: Partial<TypedInputType>,
): void {
  const { validate } = node._def.defaults[field];
  const type = {
    value: kind,
    icon: KINDS[kind].icon,
    validate: (value: unknown) => validate?.call(node, value) === true,
    ...own,
  };
  typedInput(node, field, element, kind, [type, ...SOURCES]);
  element.typedInput('width', KINDS[kind].width);
  element.next().addClass(`lipwire-typed-${kind}`);
}

/** A typed input whose kind is saved beside its value. */
export function typedInput(
  node: EditorNode,
  field: string,
  element: JQuery,
  kind: string,
  types: (string | TypedInputType)[],
): void {
  const typeField = `node-input-${field}Type`;
  const saved = node[`${field}Type`];
  $('<input type="hidden">')
    .attr('id', typeField)
    .val(typeof saved === 'string' && saved ? saved : kind)
    .insertAfter(element);
  element.typedInput({ default: kind, typeField: `#${typeField}`, types });
  nameParts(element);
}

/** Binds the label of a typed input to what people type into, and names its buttons. */
function nameParts(element: JQuery): void {
  const id = element.attr('id');
  const label = $(`label[for="${id}"]`).attr({ for: `${id}-value`, id: `${id}-label` });
  // The editor translates a dialog after its script has prepared it.
  const key = label.find('[data-i18n]').addBack('[data-i18n]').attr('data-i18n');
  const what = { name: RED._(key ?? '') };
  const box = element.next('.red-ui-typedInput-container');
  // Labelled twice: Node-RED 5 would put the reason of a wrong value in place of the name.
  const names = { id: `${id}-value`, 'aria-labelledby': `${id}-label` };
  box.find('.red-ui-typedInput-input').attr(names);
  box
    .find('.red-ui-typedInput-type-select')
    .attr({ 'aria-label': text('typed.kind', what), 'aria-haspopup': 'menu' });
  box
    .find('.red-ui-typedInput-option-trigger')
    .attr({ 'aria-label': text('typed.option', what), 'aria-haspopup': 'menu' });
  box.find('.red-ui-typedInput-option-expand').attr('aria-label', text('typed.expand', what));
}
