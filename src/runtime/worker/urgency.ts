import { STAGE_NAMES, type StageName } from '../../stages';

/** What goes first: the higher priority; of equal ones the later stage; of those who came first. */
export interface Urgency {
  /** As the message says; 0 where it says nothing. */
  priority: number;
  /** The place of the stage in the pipeline. */
  rank: number;
}

/**
 * Later stages go first, so that the texts are finished one by one: a text that is split only when
 * nothing else is to be done waits as one message, not as hundreds of segments.
 */
export function urgencyOf(stage: StageName, priority: number): Urgency {
  return { priority, rank: STAGE_NAMES.indexOf(stage) };
}

/** Above 0 where `a` goes before `b`, 0 where they go in the order in which they came. */
export function compareUrgency(a: Urgency, b: Urgency): number {
  return a.priority === b.priority ? a.rank - b.rank : a.priority - b.priority;
}
