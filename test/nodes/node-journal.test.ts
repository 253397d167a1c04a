import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import type { Delivery } from '../../nodes/shared/node-queue';
import { type JournalMode, NodeJournal } from '../../nodes/shared/journal';
import { Journal } from '../../src/runtime/journal';
import { deleteFolder, testFolder } from '../runtime/worker/support';

const FLOWS = [
  { id: 'a', type: 'lipwire-tts', wires: [['b', 'debug']] },
  { id: 'b', type: 'lipwire-loudnorm', wires: [['debug']] },
  { id: 'debug', type: 'debug', wires: [] },
];

describe("A node's journal", () => {
  let folder: string;
  let file: string;
  let count = 0;
  const open: Journal[] = [];

  before(async () => {
    folder = await testFolder();
  });
  after(() => deleteFolder(folder));
  afterEach(() => {
    // What has arrived is written a second later, which would bring the folder back.
    for (const journal of open.splice(0)) journal.close();
  });
  beforeEach(() => {
    file = path.join(folder, `${(count += 1)}.jsonl`);
  });

  /** A process with the nodes a and b; what they get and send is noted. */
  function start(mode: JournalMode = 'resume') {
    const journal = new Journal(file);
    open.push(journal);
    const events = new EventEmitter();
    const RED = {
      events,
      nodes: {
        getNode: () => null,
        eachNode: (call: (node: object) => void) => FLOWS.forEach(call),
      },
    } as unknown as NodeAPI;
    const log: string[] = [];
    const got: Record<string, NodeMessageInFlow[]> = { a: [], b: [] };
    const sent: NodeMessage[] = [];
    const nodeOf = (id: 'a' | 'b'): NodeJournal => {
      const node = {
        id,
        receive: (msg: NodeMessageInFlow) => got[id].push(msg),
        send: (msg: NodeMessage) => sent.push(msg),
        warn: (text: string) => log.push(text),
      } as unknown as Node;
      return new NodeJournal(RED, node, { journal, mode });
    };
    return { journal, events, log, got, sent, a: nodeOf('a'), b: nodeOf('b') };
  }

  function delivery(msg: object): Delivery & { ended: number } {
    const result = {
      msg: { _msgid: 'id', ...msg } as NodeMessageInFlow,
      ended: 0,
      send: () => undefined,
      done: () => void (result.ended += 1),
    };
    return result;
  }

  /** Messages that the next process goes on with. */
  function resumed(): NodeMessageInFlow[] {
    const next = start();
    next.events.emit('flows:started');
    return [...next.got['a'], ...next.got['b']];
  }

  it('goes on with what has not ended, Buffers and all, and not with what has', async () => {
    const { a } = start();
    const done = a.accept(delivery({ payload: 'done' }))!;
    a.accept(delivery({ payload: Buffer.from('bytes'), parts: { id: 'x', index: 1 } }));
    done.done();
    await setImmediate();
    const [msg, ...others] = resumed();
    assert.equal(others.length, 0);
    assert.deepEqual(msg.payload, Buffer.from('bytes'));
    assert.deepEqual([msg._msgid, msg['parts']], ['id', { id: 'x', index: 1 }]);
  });

  it('ends a message that was gone on with like any other', async () => {
    start().a.accept(delivery({ payload: 'text' }));
    const next = start();
    next.events.emit('flows:started');
    const msg = next.got['a'][0];
    const again = next.a.accept({ msg, send: () => undefined, done: () => undefined })!;
    again.done();
    await setImmediate();
    assert.deepEqual(resumed(), []);
  });

  it('keeps what a stop ends, and forgets what a deploy or a deletion ends', async () => {
    for (const [how, isKept] of [
      ['stop', true],
      ['deploy', false],
      ['deletion', false],
    ] as const) {
      file = path.join(folder, `${how}.jsonl`);
      const { a, events } = start();
      const accepted = a.accept(delivery({ payload: how }))!;
      a.close(how === 'deletion');
      accepted.done();
      if (how === 'deploy') events.emit('flows:started');
      await setImmediate();
      assert.equal(resumed().length, isKept ? 1 : 0, how);
    }
  });

  it('writes down no message that answers a request, and none that is no plain data', () => {
    const { a } = start();
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    for (const msg of [{ req: {}, res: {} }, { payload: circle }, { payload: 1n }]) {
      assert.ok(a.accept(delivery(msg)));
    }
    assert.deepEqual(resumed(), []);
  });

  it('hands a message over to the next node, which then has it alone', () => {
    const { a, b } = start();
    const text = a.accept(delivery({ payload: 'text' }))!;
    const next = { ...text.msg, payload: 'speech' };
    a.handOver([text], [next]);
    assert.ok(b.accept(delivery(next)));
    const after = start();
    after.events.emit('flows:started');
    assert.deepEqual(
      after.got['b'].map(({ payload }) => payload),
      ['speech'],
    );
    assert.deepEqual(after.got['a'], []);
    // What a had sent comes once more, for those whom it had not reached; b had it.
    assert.equal(after.sent.length, 1);
    assert.equal(after.b.accept(delivery(after.sent[0])), undefined);
  });

  it('marks nothing where no node of the set comes after', () => {
    const { b } = start();
    const speech = b.accept(delivery({ payload: 'speech' }))!;
    const last = { ...speech.msg };
    b.handOver([speech], [last]);
    assert.deepEqual(Object.getOwnPropertySymbols(last), []);
  });

  it('waits to be told where it is to keep only, and forgets when it is told so', () => {
    start().a.accept(delivery({ payload: 'text' }));
    const next = start('keep');
    next.events.emit('flows:started');
    assert.deepEqual(next.got['a'], []);
    next.a.resume();
    assert.equal(next.got['a'].length, 1);
    const last = start('keep');
    last.a.discard();
    assert.deepEqual(resumed(), []);
  });

  it('works on without a journal that cannot be written, and says so once', () => {
    file = path.join(__filename, 'no-folder.jsonl');
    const { a, log } = start();
    assert.ok(a.accept(delivery({ payload: 'one' })));
    assert.ok(a.accept(delivery({ payload: 'two' })));
    assert.equal(log.length, 1);
    assert.match(log[0], /No journal is kept/);
  });
});
