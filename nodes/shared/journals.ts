/** The journals of this process: one for every studio that keeps one. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import { Journal } from '../../src/runtime/journal';
import { userFolder } from './files';

/** What a studio does with unfinished messages of an earlier process. */
export type JournalMode = 'off' | 'keep' | 'resume';

/** A studio's journal as its nodes see it. */
export interface StudioJournal {
  journal: Journal;
  mode: JournalMode;
}

/** They outlive the nodes: a deploy makes those anew, and is no restart. */
const open = new Map<string, Journal>();

/** The journal of a studio, in Node-RED's user directory. */
export function openJournal(RED: NodeAPI, studioId: string): Journal {
  // An id may hold anything where a flow file was written by hand.
  const name = createHash('sha256').update(studioId).digest('hex').slice(0, 16);
  const file = path.join(userFolder(RED), 'lipwire', `journal-${name}.jsonl`);
  const journal = open.get(file) ?? new Journal(file);
  open.set(file, journal);
  return journal;
}

/** The journal of the studio that a node names, if it keeps one. */
export function journalOf(RED: NodeAPI, configNodeId: unknown): StudioJournal | undefined {
  if (typeof configNodeId !== 'string' || configNodeId === '') return undefined;
  const holder = RED.nodes.getNode(configNodeId) as { journal?: StudioJournal } | null;
  return holder?.journal;
}
