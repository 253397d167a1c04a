import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveParameters } from '../../src/contract';
import { Studio } from '../../src/runtime/studio';
import { RUN_CHANNEL, type PublishedRunEvent } from '../../src/runtime/run-events';
import { textSegment } from '../../src/text/stage';

describe('the run channel', () => {
  let folder: string;
  let studio: Studio;
  const events: PublishedRunEvent[] = [];
  const listen = (event: unknown): void => void events.push(event as PublishedRunEvent);

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lipwire-channel-'));
    studio = new Studio({ workspace: folder });
    subscribe(RUN_CHANNEL, listen);
  });

  after(async () => {
    unsubscribe(RUN_CHANNEL, listen);
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells of every run from its beginning to its end, failed or done', async () => {
    const parameters = resolveParameters(textSegment.parameters, []);
    await studio.run('text-segment', { kind: 'text', text: 'One. Two.' }, parameters);
    const empty = studio.run('text-segment', { kind: 'text', text: ' ' }, parameters);
    await assert.rejects(empty, { code: 'E_INPUT' });
    const [first, second] = [...new Set(events.map((event) => event.run))];
    const typesOf = (run?: number): string[] =>
      events.filter((event) => event.run === run).map((event) => event.type);
    assert.deepEqual([typesOf(first).at(0), typesOf(first).at(-1)], ['queued', 'done']);
    assert.deepEqual([typesOf(second).at(0), typesOf(second).at(-1)], ['queued', 'failed']);
    assert.ok(events.every((event) => event.stage === 'text-segment'));
  });
});
