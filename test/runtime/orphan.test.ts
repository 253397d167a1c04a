import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { deleteFolder, isAlive, testFolder, until } from './worker/support';
import { names, testStudio } from './support';

describe('when the process of the studio is killed', function () {
  this.timeout(30_000);

  it('nothing that it had started lives on, and the next studio cleans up', async () => {
    const folder = await testFolder();
    const workspace = path.join(folder, 'workspace');
    const note = path.join(folder, 'note');
    const script = path.join(__dirname, 'orphan.ts');
    const args = [...process.execArgv, script, workspace, note];
    const parent = spawn(process.execPath, args, { stdio: 'ignore' });
    await until(() => existsSync(note) && readFileSync(note, 'utf8') !== '');
    const grandchild = Number(readFileSync(note, 'utf8'));
    assert.ok(isAlive(grandchild));
    assert.equal((await names(workspace, 'tmp')).length, 1);
    parent.kill('SIGKILL');
    await until(() => !isAlive(grandchild));
    await until(() => parent.signalCode === 'SIGKILL');

    const next = testStudio(workspace);
    await next.sweep();
    assert.deepEqual(await names(workspace, 'tmp'), []);
    assert.deepEqual(await names(workspace, 'artifacts'), []);
    await next.close();
    await deleteFolder(folder);
  });
});
