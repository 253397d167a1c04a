/** Settings whose value comes from elsewhere: a message, a context, the environment, an expression. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { inputError, type ParameterSource, type ParameterTable } from '../../src/contract';

/** A node's settings; `<setting>Type` says what the value of a typed input stands for. */
export type NodeSettings = Readonly<Record<string, unknown>>;

/** The dialogs' typed inputs offer these besides the value itself. */
const KINDS = ['msg', 'flow', 'global', 'env', 'jsonata'];

/** Whether the value of any of these settings has to be looked up somewhere else than in the settings. */
export function comesFromElsewhere(config: NodeSettings, table: ParameterTable): boolean {
  return Object.keys(table).some((setting) => KINDS.includes(String(config[`${setting}Type`])));
}

/**
 * A node's settings as a source of parameters, for one message. A setting that names where its value
 * is found is looked up there; where nothing is found, the default holds, as with an empty setting.
 * @throws E_INPUT naming the setting whose expression cannot be evaluated
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

/** The value that an expression of Node-RED's typed inputs stands for. @throws E_INPUT */
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
