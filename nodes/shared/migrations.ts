/**
 * What nodes save, and how the settings that an earlier version saved become those of today. Run time
 * and editor both use this, so that a flow does the same whether it was opened in the editor or not.
 * A renamed setting must stay in the table under its old name: the editor drops what it does not know.
 */
import type { Parameter, ParameterTable } from '../../src/contract';

/** What Node-RED's typed inputs, and the setting `<name>Type`, call the values of a parameter. */
export const KIND_OF = {
  number: 'num',
  numbers: 'str',
  text: 'str',
  choice: 'choice',
  model: 'choice',
  flag: 'bool',
} as const satisfies Record<Parameter['type'], string>;

export type Kind = (typeof KIND_OF)[Parameter['type']];

/**
 * The version of a node's settings today. Of stages: 2 brought the queue policy, and numbers and texts
 * as typed inputs; 3 choices and flags as typed inputs, which keep flags as text.
 */
export function currentVersion(type: string): number {
  return type === 'lipwire-studio' ? 2 : 3;
}

/** Every setting that the table stands for, with its default and the version that brought it. */
export function settingDefaults(
  type: string,
  table: ParameterTable,
): Record<string, { value: string | number | boolean; since: number }> {
  const defaults: ReturnType<typeof settingDefaults> = {};
  for (const [key, { type: kind, default: value, since = 1, fixed }] of Object.entries(table)) {
    const isTyped = !fixed && type !== 'lipwire-studio';
    defaults[key] = { value: isTyped && kind === 'flag' ? String(value) : value, since };
    if (!isTyped) continue;
    const typedSince = kind === 'flag' || KIND_OF[kind] === 'choice' ? 3 : 2;
    defaults[`${key}Type`] = { value: KIND_OF[kind], since: Math.max(since, typedSince) };
  }
  return defaults;
}

/**
 * What has to change in a node's settings: what is missing is filled in, and nothing is thrown away.
 * Empty where they are of today or of a later version; without a version they are of the first.
 */
export function changes(
  type: string,
  table: ParameterTable,
  settings: Record<string, unknown>,
): Record<string, unknown> {
  const version = Math.max(1, Number(settings['version']) || 0);
  if (version >= currentVersion(type)) return {};
  const changed: Record<string, unknown> = { version: currentVersion(type) };
  for (const [key, { value, since }] of Object.entries(settingDefaults(type, table))) {
    const saved = settings[key];
    if (saved === undefined && since > version) changed[key] = value;
    else if (typeof saved === 'boolean' && typeof value === 'string') changed[key] = String(saved);
  }
  return changed;
}
