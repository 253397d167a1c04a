/** Node-RED's sequence information, `msg.parts`, as core `split` makes it and `join` reads it. */
import type { NodeMessage } from 'node-red';
import { inputError, LIMITS, type MessageParts, type LipwireError } from '../../src/contract';

/** `msg.parts` where the message has a usable one. */
export function partsOf(msg: NodeMessage): MessageParts | undefined {
  const parts = msg['parts'] as Partial<MessageParts> | null | undefined;
  return typeof parts === 'object' && parts !== null && parts.id !== undefined
    ? (parts as MessageParts)
    : undefined;
}

/** The id of the sequence that a message belongs to. */
export function sequenceOf(msg: NodeMessage): string | undefined {
  const id: unknown = partsOf(msg)?.id;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

/** Parts of one piece of a split message, with its outer parts inside, as in core `split`. */
export function nestedParts(
  msg: NodeMessage,
  id: string,
  index: number,
  count: number,
): MessageParts {
  const outer = msg['parts'];
  return { id, index, count, type: 'array', ...(outer !== undefined && { parts: outer }) };
}

/** A copy of the message with the outer parts, or none. */
export function withOuterParts(msg: NodeMessage): NodeMessage {
  const { parts, ...rest } = msg as NodeMessage & { parts?: { parts?: unknown } };
  return parts?.parts === undefined ? rest : { ...rest, parts: parts.parts };
}

/** @throws E_INPUT */
export function validateParts(parts: MessageParts): MessageParts & { count?: number } {
  const { id, index, count } = parts;
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '') {
    throw inputError('msg.parts.id', 'a string', id);
  }
  if (!Number.isInteger(index) || index < 0 || index >= LIMITS.parts) {
    throw inputError('msg.parts.index', `a whole number from 0 to ${LIMITS.parts - 1}`, index);
  }
  if (count === undefined) return parts;
  if (!Number.isInteger(count) || count < 1 || count > LIMITS.parts) {
    throw inputError('msg.parts.count', `a whole number from 1 to ${LIMITS.parts}`, count);
  }
  if (index >= count) {
    throw inputError('msg.parts.index', `a number below msg.parts.count (${count})`, index);
  }
  return parts;
}

/** A failed or cancelled piece of a text; nodes that collect the pieces then do not wait for it. */
export interface LostPart {
  /** Where it failed. */
  nodeId: string;
  id: string;
  index: number;
  count?: number;
  /** The message that ended. */
  msg: NodeMessage;
  error: LipwireError;
}

const listeners = new Set<(part: LostPart) => void>();

/** @returns ends the listening */
export function onLostPart(listener: (part: LostPart) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Reports a message that ended with an error; ignored for one that is no piece of a text. */
export function tellLostPart(nodeId: string, msg: NodeMessage, error: LipwireError): void {
  const { id, index, count } = partsOf(msg) ?? {};
  if ((typeof id !== 'string' && typeof id !== 'number') || !isWhole(index)) return;
  const part = { nodeId, id: String(id), index, ...(isWhole(count) && { count }), msg, error };
  for (const listener of listeners) listener(part);
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LIMITS.parts;
}
