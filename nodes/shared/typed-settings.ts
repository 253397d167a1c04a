/** Settings that name a message property, context, environment variable or expression. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { inputError, type ParameterSource, type ParameterTable } from '../../src/contract';

/** `<setting>Type` is the type of a typed input. */
export type NodeSettings = Readonly<Record<string, unknown>>;

/** Types of typed inputs other than plain values. */
const KINDS = ['msg', 'flow', 'global', 'env', 'jsonata'];

/** Whether any of these settings has to be evaluated. */
export function comesFromElsewhere(config: NodeSettings, table: ParameterTable): boolean {
  return Object.keys(table).some((setting) => KINDS.includes(String(config[`${setting}Type`])));
}

/**
 * A node's settings, evaluated for one message, as a source of parameters. Where nothing is found, the
 * default holds.
 * @throws E_INPUT naming the setting that cannot be evaluated
 */
export async function settingsFor(
  RED: NodeAPI,
  node: Node,
  config: NodeSettings,
  table: ParameterTable,
  msg: NodeMessage,
): Promise<ParameterSource> {
  const found = new Map<string, { name: string; value: unknown }>();
  for (const setting of Object.keys(table)) {
    const kind = config[`${setting}Type`];
    if (typeof kind !== 'string' || !KINDS.includes(kind)) continue;
    const place = String(config[setting] ?? '');
    const name = `the setting ${setting} (${kind === 'jsonata' ? place : `${kind}.${place}`})`;
    found.set(setting, { name, value: await evaluate(RED, node, place, kind, name, msg) });
  }
  return {
    name: (setting) => found.get(setting)?.name ?? `the setting ${setting}`,
    get: (setting) => (found.has(setting) ? found.get(setting)?.value : config[setting]),
  };
}

/** Evaluates a typed input. @throws E_INPUT */
export function evaluate(
  RED: NodeAPI,
  node: Node,
  value: string,
  kind: string,
  name: string,
  msg: NodeMessage,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => reject(inputError(name, `a usable ${kind} value`, value));
    try {
      // The callback form: context stores and expressions may be asynchronous.
      RED.util.evaluateNodeProperty(value, kind, node, msg as never, (error, result) => {
        if (error) refuse();
        else resolve(result);
      });
    } catch {
      refuse();
    }
  });
}
