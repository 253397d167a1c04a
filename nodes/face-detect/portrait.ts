/** Where the portrait comes from: the message, the node's typed input, or the built-in avatar. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { inputError } from '../../src/contract';
import { avatarFile } from '../../src/runtime/avatar';
import type { StageNodeConfig } from '../shared/stage-node';
import { evaluate, settingsFor } from '../shared/typed-settings';

const REFERENCE = { reference: { type: 'text', default: '', maxLength: 1000 } } as const;

/** What the typed input offers besides the built-in avatar. */
const EVALUATED = ['str', 'msg', 'flow', 'global', 'env', 'bin'];

/**
 * The portrait as it was given, and how errors call it.
 * @throws E_INPUT when a property that should hold it does not exist
 */
export async function readPortrait(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
  msg: NodeMessage,
): Promise<{ value: unknown; field: string }> {
  const { portrait, portraitType } = config;
  const own = msg['portrait'];
  if (own !== undefined && own !== null && own !== '') {
    return { value: own === 'avatar' ? avatarFile() : own, field: 'msg.portrait' };
  }
  const type = typeof portraitType === 'string' && portraitType ? portraitType : 'avatar';
  if (type === 'avatar') return { value: avatarFile(), field: 'the built-in avatar' };
  if (!EVALUATED.includes(type)) {
    throw inputError('the type of the portrait', `avatar or one of ${EVALUATED.join(', ')}`, type);
  }
  const text = String(portrait ?? '');
  const field = type === 'str' || type === 'bin' ? 'the setting portrait' : `${type}.${text}`;
  return { value: await evaluate(RED, node, text, type, 'the setting portrait', msg), field };
}

/** The reference picture as it was given; nothing where none is given or asked for. */
export async function readReference(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
  msg: NodeMessage,
): Promise<{ value: unknown; field: string } | undefined> {
  const set = (value: unknown): boolean => value !== undefined && value !== null && value !== '';
  const select = set(msg['select']) ? msg['select'] : config['select'];
  if (select !== 'reference') return undefined;
  if (set(msg['reference'])) return { value: msg['reference'], field: 'msg.reference' };
  const settings = await settingsFor(RED, node, config, REFERENCE, msg);
  const own = settings.get('reference');
  return set(own) ? { value: own, field: settings.name('reference') } : undefined;
}
