/**
 * The settings that nodes save, and their migration. Run time and editor use the same, so that a flow
 * works alike whether it was opened in the editor or not. A renamed setting must stay in the table under
 * its old name: the editor drops unknown ones.
 */
import type { Parameter, ParameterTable } from '../../src/contract';

/** The type in Node-RED's typed inputs, and in the setting `<name>Type`. */
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
 * The current version of a node's settings. Of stages: 2 has the queue policy, and typed inputs for
 * numbers and texts; 3 for choices and flags, with flags as text.
 */
export function currentVersion(type: string): number {
  return type === 'lipwire-studio' ? 2 : 3;
}

/** Every setting of a table, with its default and the version that introduced it. */
export function settingDefaults(
  type: string,
  table: ParameterTable,
): Record<string, { value: string | number | boolean; since: number }> {
  const defaults: ReturnType<typeof settingDefaults> = {};
  for (const [key, parameter] of Object.entries(table)) {
    const { type: kind, default: value, since = 1, fixed, secret } = parameter;
    // Credentials are no settings of the flow.
    if (secret) continue;
    const isTyped = !fixed && type !== 'lipwire-studio';
    defaults[key] = { value: isTyped && kind === 'flag' ? String(value) : value, since };
    if (!isTyped) continue;
    const typedSince = kind === 'flag' || KIND_OF[kind] === 'choice' ? 3 : 2;
    defaults[`${key}Type`] = { value: KIND_OF[kind], since: Math.max(since, typedSince) };
  }
  return defaults;
}

/**
 * What to change in a node's settings; nothing is removed. Empty for those of the current or a later
 * version; without a version they are of the first.
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
