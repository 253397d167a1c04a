import assert from 'node:assert/strict';
import type { FacePayload } from '../../src/contract';
import type { CheckUp } from '../../src/runtime/health';
import { httpFlow } from '../support/flows';
import { NodeRed, until } from '../support/node-red';

const PLACE = { z: 'find-tab', x: 1, y: 1 };
/** Node-RED shows the last status; this keeps it where a test can ask for it. */
const KEEP = "global.set('status', msg.status.text)";

/** As on Alpine, where onnxruntime-node has no build. */
describe('Node-RED where only WebAssembly computes', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await NodeRed.start({ environment: { LIPWIRE_ONNX: 'wasm' } });
    await nodeRed.deploy([
      { id: 'a-studio', type: 'lipwire-studio', name: '' },
      ...httpFlow('find', [
        { type: 'lipwire-face-detect', studio: 'a-studio', portraitType: 'avatar' },
      ]),
      { id: 'status', type: 'status', ...PLACE, scope: null, wires: [['keep']] },
      { id: 'keep', type: 'function', ...PLACE, func: KEEP, outputs: 0, wires: [] },
    ]);
  });
  after(() => nodeRed.stop());

  it('shows it in the status, and msg.face says why', async () => {
    const response = await fetch(`${nodeRed.url}/find`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: { payload: 'x' } }),
    });
    const { face } = (await response.json()) as { face: FacePayload };
    assert.equal(response.status, 200);
    assert.equal(face.engine?.device, 'wasm');
    assert.match(face.engine.reason!, /LIPWIRE_ONNX/);
    await until(async () => {
      const kept = await fetch(`${nodeRed.url}/context/global/status`);
      return /^faces: 1 \(WebAssembly\)$/.test(((await kept.json()) as { msg: string }).msg);
    });
  });

  it('tells it by the admin route of the doctor', async () => {
    const response = await fetch(`${nodeRed.url}/lipwire-studio/a-studio/doctor`);
    const { ok, checks } = (await response.json()) as CheckUp;
    assert.ok(ok, JSON.stringify(checks));
    assert.match(checks.find(({ name }) => name === 'onnx')!.text, /WebAssembly/);
  });
});
