import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ArtifactStore, type Artifact } from '../../src/runtime/artifacts';
import { openWorkspace, temporaryFolder, type Workspace } from '../../src/runtime/workspace';
import { deleteFolder, testFolder } from './worker/support';

const KEY = 'a'.repeat(64);

describe('An artifact that stands in for something better', () => {
  let folder: string;
  let workspace: Workspace;
  let store: ArtifactStore;
  before(async () => {
    folder = await testFolder();
    workspace = await openWorkspace(path.join(folder, 'workspace'), false);
    store = new ArtifactStore(workspace);
  });
  after(() => deleteFolder(folder));

  async function publish(text: string, expires?: string): Promise<Artifact> {
    const made = await temporaryFolder(workspace);
    await mkdir(made, { recursive: true });
    await writeFile(path.join(made, 'speech.wav'), text);
    const file = { path: 'speech.wav', size: text.length, sha256: 'b'.repeat(64) };
    return store.publish(await store.placeFor(KEY), made, {
      ...{ format: 1, stage: 'tts', version: 1, created: new Date().toISOString() },
      ...(expires && { expires }),
      ...{ output: text, paths: [], files: [file] },
    });
  }
  const found = async () => (await store.find(KEY))?.record.output;
  const before10 = () => new Date(Date.now() - 10_000).toISOString();

  it('is found until it expires, and then made anew beside it', async () => {
    const later = new Date(Date.now() + 60_000).toISOString();
    const first = await publish('fallback', later);
    assert.equal(await found(), 'fallback');
    // Equal runs in two processes: the other one's counts.
    assert.equal((await publish('another', later)).key, first.key);
    assert.equal(await found(), 'fallback');
    await store.remove(KEY);

    const old = await publish('fallback', before10());
    assert.equal(await found(), undefined);
    const again = await publish('fallback again', before10());
    assert.notEqual(again.key, old.key);
    assert.equal(await found(), undefined);
    await publish('the server');
    assert.equal(await found(), 'the server');
    // What a clip may be reading is still there.
    assert.equal(ArtifactStore.fileOf(old, 'speech.wav'), path.join(old.folder, 'speech.wav'));
    assert.ok(await store.touch(old.key));
  });
});
