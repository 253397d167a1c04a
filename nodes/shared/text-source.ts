/** Settings that a text brings along: its language, voice and pause win over those of a node. */
import type { NodeMessage } from 'node-red';
import { objectSource, type ParameterSource } from '../../src/contract';

/** A parameter source of those properties of `msg.payload`, or none where it is no object. */
export function textSource(msg: NodeMessage, properties: readonly string[]): ParameterSource[] {
  const { payload } = msg;
  if (typeof payload !== 'object' || payload === null) return [];
  const own = Object.entries(payload).filter(([key]) => properties.includes(key));
  return [objectSource('msg.payload.', Object.fromEntries(own))];
}
