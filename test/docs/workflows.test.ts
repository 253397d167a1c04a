/** What can be said of the GitHub workflows without GitHub. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
/** Node-RED's own YAML reader. */
const { load } = createRequire(createRequire(__filename).resolve('node-red'))('js-yaml') as {
  load(text: string): unknown;
};

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  steps: Step[];
  'timeout-minutes'?: number;
  strategy?: { matrix: Record<string, unknown> };
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}
interface Form {
  name?: string;
  description?: string;
  body: { type: string; id?: string; attributes: { label?: string; options?: string[] } }[];
}

function readAll<T>(folder: string): [string, T][] {
  const names = readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.yml'));
  return names.map((name) => {
    return [name, load(readFileSync(path.join(root, folder, name), 'utf8')) as T];
  });
}

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

describe('The GitHub workflows', () => {
  const workflows = readAll<Workflow>('.github/workflows');
  const jobs = workflows.flatMap(([file, { jobs: all }]) =>
    Object.entries(all).map(([name, job]) => ({ where: `${file} ${name}`, job })),
  );
  const steps = jobs.flatMap(({ where, job }) => job.steps.map((step) => ({ where, step })));

  it('are whole: each has an occasion, jobs, and steps that do one thing', () => {
    assert.deepEqual(workflows.map(([file]) => file).sort(), ['ci.yml', 'docs.yml', 'release.yml']);
    for (const [file, { on, jobs: all }] of workflows) {
      assert.ok(Object.keys(on).length > 0, file);
      assert.ok(Object.keys(all).length > 0, file);
    }
    for (const { where, step } of steps) assert.ok(!step.uses !== !step.run, where);
    for (const { where, job } of jobs) assert.ok((job['timeout-minutes'] ?? 0) > 0, where);
  });

  it('test as the README says it', () => {
    const command = 'npm run setup && npm test';
    assert.ok(readme.includes(command));
    const users = steps.filter(({ step }) => step.run?.trim() === command);
    assert.deepEqual(
      users.map(({ where }) => where),
      ['ci.yml test', 'release.yml publish'],
    );
  });

  it('test every pair of Node.js and Node-RED that is promised', () => {
    const { matrix } = jobs.find(({ where }) => where === 'ci.yml test')!.job.strategy!;
    assert.deepEqual(matrix['node'], [20, 22, 24]);
    assert.deepEqual(matrix['node-red'], ['4.1', '5']);
    assert.deepEqual(matrix['exclude'], [{ node: 20, 'node-red': '5' }]);
  });

  it('take each action by its commit, which nobody can move, and only those of GitHub itself', () => {
    for (const { where, step } of steps.filter(({ step: { uses } }) => uses)) {
      assert.match(step.uses!, /^actions\/[a-z-]+@[0-9a-f]{40}$/, where);
    }
    // The version stands beside it, for people and for the bots that keep it up to date.
    for (const [file] of workflows) {
      const text = readFileSync(path.join(root, '.github/workflows', file), 'utf8');
      for (const [line] of text.matchAll(/^.*\buses:.*$/gm))
        assert.match(line, / # v\d+\.\d+\.\d+$/);
    }
  });

  it('have no more rights than they need, and run nothing of a stranger with them', () => {
    for (const [file, { on, permissions }] of workflows) {
      assert.deepEqual(permissions, { contents: 'read' }, file);
      assert.ok(!('pull_request_target' in on) && !('workflow_run' in on), file);
    }
    // An expression in a script would be text that somebody else may have chosen.
    for (const { where, step } of steps) assert.ok(!step.run?.includes('${{'), where);
  });

  it('run scripts that there are', () => {
    for (const { where, step } of steps) {
      for (const [, name] of (step.run ?? '').matchAll(/npm run ([\w:-]+)/g)) {
        assert.ok(name in scripts, `${where}: ${name}`);
      }
      for (const [file] of (step.run ?? '').matchAll(/scripts\/[\w-]+\.mjs/g)) {
        assert.ok(existsSync(path.join(root, file)), `${where}: ${file}`);
      }
    }
  });
});

describe('The issue forms', () => {
  const forms = readAll<Form>('.github/ISSUE_TEMPLATE').filter(([file]) => file !== 'config.yml');

  it('are forms as GitHub takes them', () => {
    const types = ['markdown', 'textarea', 'input', 'dropdown', 'checkboxes'];
    for (const [file, { name, description, body }] of forms) {
      assert.ok(name && description, file);
      const ids = body.flatMap(({ id }) => id ?? []);
      assert.equal(new Set(ids).size, ids.length, file);
      for (const { type, attributes, id } of body) {
        assert.ok(types.includes(type), `${file} ${type}`);
        if (type !== 'markdown') assert.ok(attributes.label && id, file);
        if (type === 'dropdown') assert.ok(attributes.options!.length > 1, file);
      }
    }
  });

  it('ask for the diagnostics where something is wrong', () => {
    const asking = forms.filter(([, { body }]) =>
      body.some(
        ({ id, attributes }) => id === 'doctor' && /lipwire doctor/.test(attributes.label!),
      ),
    );
    assert.deepEqual(
      asking.map(([file]) => file),
      ['bug.yml', 'voice-or-face.yml'],
    );
  });
});

describe('The notes of a release', () => {
  it('are refused for a tag that is not the version', () => {
    const script = path.join(root, 'scripts/release-notes.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, 'v99.0.0']);
    assert.equal(status, 1);
    assert.match(String(stderr), /^Expected the tag v\d+\.\d+\.\d+ but received "v99\.0\.0"\.\n$/);
  });
});
