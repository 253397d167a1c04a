import assert from 'node:assert/strict';
import { httpFlow } from '../support/flows';
import { NodeRed } from '../support/node-red';

describe('What a dialog shows of the last job', function () {
  this.timeout(60_000);

  it('is there after Node-RED was started again, and is played from where it lies', async () => {
    const first = await NodeRed.start();
    let second: NodeRed | undefined;
    try {
      await first.deploy(
        httpFlow('spoken', [{ type: 'lipwire-tts' }, { type: 'lipwire-loudnorm' }]),
      );
      const response = await fetch(`${first.url}/spoken`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: { payload: 'Remember me.' } }),
      });
      assert.equal(response.status, 200, await response.text());
      const route = '/lipwire-preview/nodes/spoken-1';
      const before = await first.json<{ text: string; series: object }>(route);
      assert.equal(before.text, 'Remember me.');
      assert.ok(before.series);
      await first.end();
      second = await NodeRed.start({ home: first.home });
      assert.deepEqual(await second.json(route), before);
      const sound = await fetch(`${second.url}${route}/media`);
      assert.equal(sound.status, 200);
      assert.equal(Buffer.from(await sound.arrayBuffer()).toString('latin1', 0, 4), 'RIFF');
    } finally {
      await (second ?? first).stop();
    }
  });
});
