import assert from 'node:assert/strict';
import faceDetect from '../../nodes/face-detect/node';
import stitch from '../../nodes/stitch/node';
import tts from '../../nodes/tts/node';
import { FakeStudio, helper, loadNode, type LoadedNode } from '../support/node-helper';
import wav2lip from '../../nodes/wav2lip/node';
import { clip, face, speech, video } from '../support/payloads';

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
      const { rate: taken, pitch } = run.parameters as { rate: number; pitch: number };
      assert.deepEqual([taken, pitch], [190, 40]);
    });
  }

  it('is the default where nothing is found, as with an empty setting', async () => {
    const { receive } = await load({ rate: 'speed', rateType: 'msg' });
    receive(speak);
    const [run] = await studio.waitFor(1);
    assert.equal((run.parameters as { rate: number }).rate, 160);
  });

  it('gives way to the message property of its own name', async () => {
    const { receive } = await load({ rate: 'speed', rateType: 'msg' });
    receive({ ...speak, rate: 300, speed: 190 } as never);
    const [run] = await studio.waitFor(1);
    assert.equal((run.parameters as { rate: number }).rate, 300);
  });

  it('is refused by the place it came from when it is out of its limits', async () => {
    const { receive, caught, settled } = await load({ rate: 'speed', rateType: 'msg' });
    receive({ ...speak, speed: 9999 } as never);
    await settled({ caught: 1 });
    assert.equal(caught[0].error.code, 'E_INPUT');
    assert.match(caught[0].error.message, /80 to 450 for the setting rate \(msg\.speed\).*9999/);
  });

  it('ends the message with a reason when the expression cannot be evaluated', async () => {
    const { receive, caught, settled } = await load({ rate: '$nonsense(', rateType: 'jsonata' });
    receive(speak);
    await settled({ caught: 1 });
    assert.equal(caught[0].error.code, 'E_INPUT');
    assert.match(caught[0].error.message, /the setting rate/);
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
    assert.match(caught[0].error.message, /the setting reference \(msg\.who\).*picture\.png/);
  });

  describe('of choices and flags', () => {
    const wav2lipOf = async (config: Record<string, unknown>, msg: object): Promise<LoadedNode> => {
      studio.answer = () => clip('/made/clip.mp4');
      const loaded = await loadNode(
        wav2lip,
        { type: 'lipwire-wav2lip', version: 3, ...config },
        studio,
      );
      loaded.receive({
        payload: speech(__filename),
        face: face(__filename),
        ...msg,
      } as never);
      return loaded;
    };

    it('are taken as the message has them', async () => {
      const config = {
        blend: 'how',
        blendType: 'msg',
        blinks: 'calm = false',
        blinksType: 'jsonata',
      };
      await wav2lipOf(
        { ...config, headMotion: 'true', headMotionType: 'bool' },
        { how: 'parity', calm: true },
      );
      const [run] = await studio.waitFor(1);
      const { blend, blinks, headMotion } = run.parameters as Record<string, unknown>;
      assert.deepEqual([blend, blinks, headMotion], ['parity', false, true]);
    });

    it('are refused by the place they came from', async () => {
      const { caught, settled } = await wav2lipOf(
        { blend: 'how', blendType: 'msg' },
        { how: 'sideways' },
      );
      await settled({ caught: 1 });
      const { code, message } = caught[0].error;
      assert.equal(code, 'E_INPUT');
      assert.match(message, /soft, parity for the setting blend \(msg\.how\).*sideways/);
    });
  });

  describe('of stitch, which gathers before it works', () => {
    const piece = (index: number, more: object = {}): never =>
      ({
        payload: clip(`/clips/${index}.mp4`),
        parts: { id: 'text', index, count: 3 },
        ...more,
      }) as never;
    const elsewhere = { waitLimit: 'patience', waitLimitType: 'msg' };

    function load(config: object): Promise<LoadedNode> {
      studio.answer = () => video('/made/video.mp4');
      return loadNode(stitch, { type: 'lipwire-stitch', version: 3, ...config }, studio);
    }

    it('gives up a text by the limit that its last message names', async () => {
      const { receive, caught, settled } = await load(elsewhere);
      receive(piece(0, { patience: 500 }));
      receive(piece(1, { patience: 0.05 }));
      await settled({ caught: 1, completed: 1 });
      assert.equal(caught[0].error.code, 'E_TIMEOUT');
      assert.match(caught[0].error.message, /number 2 .*0\.05 seconds/);
    });

    it('keeps the order in which the clips came, whatever has to be looked up', async () => {
      const slow = { waitLimit: '$number(patience)', waitLimitType: 'jsonata' };
      const { receive, settled } = await load(slow);
      receive(piece(0, { patience: '9' }));
      receive(piece(0, { patience: '9', payload: clip('/clips/newer.mp4') }));
      receive(piece(1, { patience: '9' }));
      receive(piece(2, { patience: '9' }));
      await settled({ sent: 1, completed: 4 });
      const { clips } = studio.asked[0].input as { clips: { file: string }[] };
      assert.deepEqual(
        clips.map(({ file }) => file),
        ['/clips/newer.mp4', '/clips/1.mp4', '/clips/2.mp4'],
      );
    });

    it('refuses one clip with a wrong limit and goes on with the others', async () => {
      const { receive, caught, settled } = await load(elsewhere);
      receive(piece(0, { patience: -1 }));
      await settled({ caught: 1 });
      assert.match(caught[0].error.message, /the setting waitLimit \(msg\.patience\)/);
      for (const index of [0, 1, 2]) receive(piece(index, { patience: 9 }));
      await settled({ sent: 1, caught: 1, completed: 3 });
    });

    it('cancels what still waits to be looked up at msg.reset, and takes what comes after', async () => {
      const slow = { onFailure: '$string(rule)', onFailureType: 'jsonata' };
      const { receive, caught, settled } = await load(slow);
      receive(piece(0, { rule: 'fail' }));
      receive({ payload: '', reset: true } as never);
      await settled({ caught: 1 });
      assert.equal(caught[0].error.code, 'E_CANCELLED');
      for (const index of [0, 1, 2]) receive(piece(index, { rule: 'fail' }));
      await settled({ sent: 1, caught: 1 });
    });
  });
});
