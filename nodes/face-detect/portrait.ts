/** The portrait: from the message, the node's typed input, or the built-in avatar. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { inputError } from '../../src/contract';
import { avatarFile } from '../../src/runtime/avatar';
import type { StageInput } from '../../src/stages';
import type { FileTaker } from '../shared/files';
import { takePortrait } from '../shared/inputs';
import type { StageNodeConfig } from '../shared/stage-node';
import { evaluate, settingsFor } from '../shared/typed-settings';

const REFERENCE = { reference: { type: 'text', default: '', maxLength: 1000 } } as const;

/** Types of the typed input besides the built-in avatar. */
const EVALUATED = ['str', 'msg', 'flow', 'global', 'env', 'bin'];

/** `field`: what errors call it. */
export interface GivenPicture {
  value: unknown;
  field: string;
}

/** @throws E_INPUT when the property that should hold it does not exist */
export async function readPortrait(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
  msg: NodeMessage,
): Promise<GivenPicture> {
  const { portrait, portraitType } = config;
  const own = msg['portrait'];
  if (isSet(own)) return { value: own === 'avatar' ? avatarFile() : own, field: 'msg.portrait' };
  const type = typeof portraitType === 'string' && portraitType ? portraitType : 'avatar';
  if (type === 'avatar') return { value: avatarFile(), field: 'the built-in avatar' };
  if (!EVALUATED.includes(type)) {
    throw inputError('the type of the portrait', `avatar or one of ${EVALUATED.join(', ')}`, type);
  }
  const text = String(portrait ?? '');
  const field = type === 'str' || type === 'bin' ? 'the setting portrait' : `${type}.${text}`;
  return { value: await evaluate(RED, node, text, type, 'the setting portrait', msg), field };
}

/**
 * The stage's input, with the reference picture where `select` needs it.
 * @param given from {@link readPortrait}
 * @throws E_INPUT, E_PATH
 */
export async function portraitInput(
  RED: NodeAPI,
  node: Node,
  config: StageNodeConfig,
  msg: NodeMessage,
  files: FileTaker,
  given: GivenPicture,
): Promise<StageInput<'face-detect'>> {
  const portrait = await takePortrait(given.value, given.field, files);
  const select = isSet(msg['select']) ? msg['select'] : config['select'];
  if (select !== 'reference') return portrait;
  let value = msg['reference'];
  let field = 'msg.reference';
  if (!isSet(value)) {
    const settings = await settingsFor(RED, node, config, REFERENCE, msg);
    value = settings.get('reference');
    field = settings.name('reference');
  }
  if (!isSet(value)) return portrait;
  const { file: reference } = await takePortrait(value, field, files);
  return { ...portrait, reference };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
