/** What the dialogs find in Node-RED's editor, as far as they use it. */

type TextValues = Record<string, unknown>;
type Translate = (key: string, values?: TextValues) => string;

/** What a validator is told besides the value: how the field is called. */
interface ValidationOptions {
  label?: string;
}
/** True, or why the value is refused. */
type Validator = (this: object, value: unknown, options?: ValidationOptions) => boolean | string;

interface SettingDefault {
  value: unknown;
  /** Of a setting that names a config node. */
  type?: string;
  required?: boolean;
  validate?: Validator;
  label?: string;
}

interface NodeDefinition {
  category: string;
  categoryDescription?: string;
  color?: string;
  defaults: Record<string, SettingDefault>;
  credentials?: Record<string, { type: 'password' | 'text' }>;
  icon: string;
  inputs?: number;
  outputs?: number;
  paletteLabel(this: EditorNode): string;
  label(this: EditorNode): string;
  labelStyle?(this: EditorNode): string;
  inputLabels?(this: EditorNode): string;
  outputLabels?(this: EditorNode): string;
  oneditprepare?(this: EditorNode): void;
  oneditsave?(this: EditorNode): void;
  oneditcancel?(this: EditorNode): void;
  oneditdelete?(this: EditorNode): void;
}

interface EditorNode {
  id: string;
  type: string;
  name?: string;
  _def: NodeDefinition;
  _: Translate;
  [setting: string]: unknown;
}

declare const RED: {
  _: Translate;
  i18n: { lang(): string };
  events: { on(event: 'nodes:add', listener: (node: EditorNode) => void): void };
  comms: Record<'subscribe' | 'unsubscribe', (topic: string, listener: () => void) => void>;
  nodes: {
    node(id: string): EditorNode | null;
    registerType(type: string, definition: NodeDefinition): void;
  };
  notify(message: string, options?: string | object): { close(): void };
  clipboard: { copyText(value: string, element: JQuery, message: string): boolean };
  popover: { tooltip(target: JQuery, content: string): void };
  sidebar: { addTab(tab: object): void };
  stack: { create(options: { container: JQuery }): EditorStack };
  view: { reveal(id: string): void };
  user: { hasPermission(permission: string): boolean };
  utils: {
    validateTypedProperty(value: unknown, type: string, options: object): boolean | string;
  };
  validators: { typedInput(options: object): Validator };
};

/** Parts that open and close. */
interface EditorStack {
  add(entry: { title: JQuery; collapsible: boolean; expanded: boolean; onexpand?: () => void }): {
    header: JQuery;
    content: JQuery;
    isExpanded(): boolean;
  };
}

interface TypedInputType {
  value: string;
  label?: string;
  icon?: string;
  hasValue?: boolean;
  validate?: (value: unknown) => boolean;
  valueLabel?: (place: JQuery) => void;
}

interface JQuery {
  /** Node-RED's widget. */
  typedInput(options: object): this;
  typedInput(get: 'type' | 'value'): string;
  typedInput(set: 'type' | 'value' | 'width', value: string): this;
}

declare module 'settings-tables' {
  /** Of every node, by its name; the build takes them from nodes/shared/node-settings.ts. */
  // eslint-disable-next-line @typescript-eslint/consistent-type-imports -- an import would make this file a module
  const tables: Record<string, import('../../../src/contract/parameters').ParameterTable>;
  export default tables;
}

declare module '*.css' {
  const style: string;
  export default style;
}
