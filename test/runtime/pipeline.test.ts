import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { avatarFile } from '../../src/runtime/avatar';
import { renderVideo, type RenderRequest } from '../../src/runtime/pipeline';
import { Studio } from '../../src/runtime/studio';
import { deleteFolder, testFolder, until } from './worker/support';
import { names, withCode } from './support';
import type { StageName } from '../../src/stages';

describe('the whole pipeline', function () {
  this.timeout(30_000);
  let folder: string;
  let face: string;
  let studio: Studio;

  before(async () => {
    folder = await testFolder();
    face = path.join(folder, 'face.png');
    await writeFile(face, 'a face');
    studio = new Studio({
      workspace: path.join(folder, 'workspace'),
      stagesModule: path.join(__dirname, 'pipeline-stages.ts'),
      jobs: 2,
    });
  });

  after(async () => {
    await studio.close();
    await deleteFolder(folder);
  });

  const render = (request: Partial<RenderRequest>) => renderVideo(studio, { face, ...request });
  const sentences = Array.from({ length: 10 }, (_, index) => `Sentence ${index}`);

  it('makes a video of all sentences in their order', async () => {
    const { video, clips, stream, stages } = await render({ text: sentences.join('. ') });
    assert.equal(await readFile(video.file, 'utf8'), sentences.join('|'));
    assert.equal(clips.length, 10);
    assert.equal(stream, undefined);
    const used = ['text-segment', 'tts', 'loudnorm', 'face-detect', 'wav2lip', 'stitch'];
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      used,
    );
    assert.ok(stages.every(({ seconds }) => seconds > 0));
    assert.equal(studio.stats['face-detect'].runs, 1);
  });

  it('renders one clip when one sentence of ten has changed, and none when none has', async () => {
    const runs = () => Object.entries(studio.stats).map(([stage, { runs }]) => [stage, runs]);
    const before = Object.fromEntries(runs()) as Record<StageName, number>;
    await render({ text: sentences.join('. ') });
    assert.deepEqual(Object.fromEntries(runs()), before);
    const { video } = await render({ text: sentences.with(3, 'Another one').join('. ') });
    const after = Object.fromEntries(runs()) as Record<StageName, number>;
    assert.deepEqual(
      (['tts', 'loudnorm', 'face-detect', 'wav2lip', 'stitch'] as const).map(
        (stage) => after[stage] - before[stage],
      ),
      [1, 1, 0, 1, 1],
    );
    assert.ok((await readFile(video.file, 'utf8')).includes('|Another one|'));
  });

  it('takes a sound file instead of text, and makes a stream where that is wanted', async () => {
    const audio = path.join(folder, 'sound.mp3');
    await writeFile(audio, 'spoken');
    const { video, stream } = await render({ audio, hls: true });
    assert.equal(await readFile(video.file, 'utf8'), 'spoken');
    assert.ok(stream && existsSync(stream.playlist));
    assert.ok(existsSync(path.join(stream.folder, '360p', '0.m4s')));
  });

  it('tells progress that never falls and ends at one, for every stage', async () => {
    const shares = new Map<StageName, number[]>();
    await render({
      text: 'Here. And. There',
      hls: true,
      onProgress: (stage, share, done, total) => {
        shares.set(stage, [...(shares.get(stage) ?? []), share]);
        assert.ok(done <= total);
      },
    });
    assert.equal(shares.size, 7);
    for (const [stage, told] of shares) {
      assert.equal(told.at(-1), 1, stage);
      assert.deepEqual(
        told,
        [...told].sort((a, b) => a - b),
        stage,
      );
    }
  });

  it('reports the failure of one sentence and cancels the others', async () => {
    const many = [...sentences.map((text) => `${text} of many`), 'fail', 'late', 'later'];
    await assert.rejects(render({ text: many.join('. ') }), /cannot render/);
    await until(() => studio.engineState.running + studio.engineState.queued === 0);
    await until(async () => (await names(folder, 'workspace', 'tmp')).length === 0);
  });

  it('is cancelled as a whole', async () => {
    const abort = new AbortController();
    const onProgress = (stage: StageName): void => {
      if (stage === 'wav2lip') abort.abort();
    };
    const text = sentences.map((each) => `${each}!`).join('. ');
    const cancelled = render({ text, signal: abort.signal, onProgress });
    await assert.rejects(cancelled, withCode('E_CANCELLED'));
    await until(() => studio.engineState.running + studio.engineState.queued === 0);
    assert.equal(studio.engineState.losses, 0);
  });

  it('passes settings to their stages, checked', async () => {
    const parameters = { wav2lip: { fps: 500 } };
    await assert.rejects(render({ text: 'x', parameters }), /0 to 120 for wav2lip.fps/);
  });

  it('knows where the built-in portrait is', () => {
    assert.ok(existsSync(avatarFile()));
  });
});
