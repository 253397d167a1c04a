/**
 * News of segments that will never come: a node that could not finish a piece of a text tells the
 * nodes after it that collect the pieces, so that they need not wait for it in vain.
 */
import type { NodeMessage } from 'node-red';
import { LIMITS, type LipwireError } from '../../src/contract';
import { partsOf } from './parts';

/** A piece of a text that failed, or was cancelled. */
export interface LostPart {
  /** The node that lost it. */
  nodeId: string;
  id: string;
  index: number;
  count?: number;
  /** The message that ended. */
  msg: NodeMessage;
  error: LipwireError;
}

const listeners = new Set<(part: LostPart) => void>();

/** Listens to the news; the function ends that. */
export function onLostPart(listener: (part: LostPart) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells of a message that ended with an error. Nothing is told of one that is no piece of a text. */
export function tellLostPart(nodeId: string, msg: NodeMessage, error: LipwireError): void {
  const { id, index, count } = partsOf(msg) ?? {};
  if ((typeof id !== 'string' && typeof id !== 'number') || !isWhole(index)) return;
  const part = { nodeId, id: String(id), index, ...(isWhole(count) && { count }), msg, error };
  for (const listener of listeners) listener(part);
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LIMITS.parts;
}
