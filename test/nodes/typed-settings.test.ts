import assert from 'node:assert/strict';
import faceDetect from '../../nodes/face-detect/face-detect';
import tts from '../../nodes/tts/tts';
import { FakeStudio, helper, loadNode, type LoadedNode } from '../support/node-helper';
import { face, speech } from '../support/payloads';

describe('Settings whose value comes from elsewhere', () => {
  let studio: FakeStudio;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    studio = new FakeStudio();
    studio.answer = () => speech('/made/speech.wav');
  });
  afterEach(() => helper.unload());

  function load(config: Record<string, unknown>): Promise<LoadedNode> {
    return loadNode(tts, { type: 'lipwire-tts', version: 2, ...config }, studio);
  }
  const speak = { payload: 'Hello' };

  for (const [what, rate, rateType] of [
    ['a property of the message', 'talk.speed', 'msg'],
    ['the context of the flow', 'speed', 'flow'],
    ['the global context', 'speed', 'global'],
    ['the environment', 'LIPWIRE_TEST_SPEED', 'env'],
    ['an expression', 'talk.speed * 1', 'jsonata'],
  ]) {
    it(`is ${what}`, async () => {
      const { node, receive } = await load({ rate, rateType, pitch: '40', pitchType: 'num' });
      node.context().flow.set('speed', 190);
      node.context().global.set('speed', 190);
      process.env['LIPWIRE_TEST_SPEED'] = '190';
      receive({ ...speak, talk: { speed: 190 } } as never);
      const [run] = await studio.waitFor(1);
      delete process.env['LIPWIRE_TEST_SPEED'];
      const { rate: taken, pitch } = run!.parameters as { rate: number; pitch: number };
      assert.deepEqual([taken, pitch], [190, 40]);
    });
  }

  it('is the default where nothing is found, as with an empty setting', async () => {
    const { receive } = await load({ rate: 'speed', rateType: 'msg' });
    receive(speak);
    const [run] = await studio.waitFor(1);
    assert.equal((run!.parameters as { rate: number }).rate, 160);
  });

  it('gives way to the message property of its own name', async () => {
    const { receive } = await load({ rate: 'speed', rateType: 'msg' });
    receive({ ...speak, rate: 300, speed: 190 } as never);
    const [run] = await studio.waitFor(1);
    assert.equal((run!.parameters as { rate: number }).rate, 300);
  });

  it('is refused by the place it came from when it is out of its limits', async () => {
    const { receive, caught, settled } = await load({ rate: 'speed', rateType: 'msg' });
    receive({ ...speak, speed: 9999 } as never);
    await settled({ caught: 1 });
    assert.equal(caught[0]!.error.code, 'E_INPUT');
    assert.match(caught[0]!.error.message, /80 to 450 for the setting rate \(msg\.speed\).*9999/);
  });

  it('ends the message with a reason when the expression cannot be evaluated', async () => {
    const { receive, caught, settled } = await load({ rate: '$nonsense(', rateType: 'jsonata' });
    receive(speak);
    await settled({ caught: 1 });
    assert.equal(caught[0]!.error.code, 'E_INPUT');
    assert.match(caught[0]!.error.message, /the setting rate/);
  });

  it('keeps the order of the messages, whatever each has to be looked up', async () => {
    const { receive } = await load({ rate: '$number(speed)', rateType: 'jsonata' });
    for (const speed of [100, 200, 300]) receive({ ...speak, speed } as never);
    const runs = await studio.waitFor(3);
    assert.deepEqual(
      runs.map(({ parameters }) => (parameters as { rate: number }).rate),
      [100, 200, 300],
    );
  });

  it('is as good for the reference picture of face-detect', async () => {
    studio.answer = () => face('/made/face.json');
    const config = { select: 'reference', reference: 'who', referenceType: 'msg' };
    const { receive, caught, settled } = await loadNode(
      faceDetect,
      { type: 'lipwire-face-detect', version: 2, ...config },
      studio,
    );
    receive({ payload: 1, who: '/no/such/picture.png' } as never);
    await settled({ caught: 1 });
    assert.match(caught[0]!.error.message, /the setting reference \(msg\.who\).*picture\.png/);
  });
});
