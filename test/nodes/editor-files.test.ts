import assert from 'node:assert/strict';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { COLLECTING } from '../../nodes/stitch/settings';
import { currentVersion, KIND_OF, settingDefaults } from '../../nodes/shared/migrations';
import { settingsOf, type NodeName } from '../../nodes/shared/node-settings';
import { buildSync, type BuildOptions } from 'esbuild';
import { ERROR_CODES, type ParameterTable } from '../../src/contract';
import { STAGES, STAGE_NAMES } from '../../src/stages';

const ROOT = path.resolve(__dirname, '../..');
const ALL = ['studio', ...STAGE_NAMES];

interface Definition {
  category: string;
  color?: string;
  icon: string;
  defaults: Record<string, { value: unknown; validate?: (value: unknown) => unknown }>;
  [property: string]: unknown;
}

/** A node's HTML as the build makes it. */
let html: (name: string) => string;
let bundleOptions: BuildOptions;
let help: (name: string, language: string) => string;
const catalogue = (name: string): Record<string, unknown> =>
  JSON.parse(
    readFileSync(path.join(ROOT, 'nodes', name, 'locales/en-US', `${name}.json`), 'utf8'),
  ) as Record<string, unknown>;

/** What has everything, and does nothing. */
const nothing: object = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => '' : nothing),
  apply: () => nothing,
  construct: () => nothing,
});

/** Something of which only this much does anything. */
const onlyWith = (known: Record<string, unknown>): object =>
  new Proxy(known, { get: (_, name) => known[String(name)] ?? nothing });

/** Runs the editor's scripts with just enough of an editor around them. */
function definitionOf(name: string): Definition {
  let found: [string, Definition] | undefined;
  const sandbox: Record<string, unknown> = {
    RED: onlyWith({
      _: (key: string) => key,
      utils: { validateTypedProperty: (value: string) => value !== '' },
      validators: { typedInput: () => () => true },
      nodes: {
        registerType: (type: string, definition: Definition) => (found = [type, definition]),
      },
    }),
    $: () => onlyWith({ val: () => undefined }),
    IntersectionObserver: nothing,
  };
  sandbox['window'] = sandbox;
  vm.createContext(sandbox);
  const entry = path.join(ROOT, 'nodes', name, 'editor.ts');
  const options: BuildOptions = {
    ...bundleOptions,
    splitting: false,
    minify: false,
    format: 'iife',
  };
  const { outputFiles = [] } = buildSync({
    ...options,
    entryPoints: [entry],
    write: false,
    outdir: ROOT,
  });
  vm.runInContext(outputFiles[0].text, sandbox);
  assert.equal(found![0], `lipwire-${name}`);
  return found![1];
}

function tableOf(name: string): ParameterTable {
  const settings = Object.entries(settingsOf(name as NodeName));
  const table = Object.fromEntries(settings.filter(([, { secret }]) => !secret));
  if (name !== 'face-detect') return table;
  return { ...table, portraitType: { type: 'text', default: 'avatar', maxLength: 10 } };
}

/** A text of a catalogue by its dotted key, also of another node's catalogue. */
function lookUp(name: string, key: string): unknown {
  const [, namespace, rest] = /^(?:(.*\/lipwire-)([a-z0-9-]+):)?(.*)$/.exec(key)!.slice(1) as [
    string | undefined,
    string | undefined,
    string,
  ];
  const start: unknown = catalogue(namespace ?? name);
  return rest
    .split('.')
    .reduce((value, part) => (value as Record<string, unknown> | undefined)?.[part], start);
}

describe('The editor side of the nodes', () => {
  before(async () => {
    const script = path.join(ROOT, 'scripts/dialogs.mjs');
    const made = (await import(script)) as {
      bundleOptions: BuildOptions;
      dialog(name: string, table: ParameterTable): string;
    };
    html = (name) => made.dialog(name, settingsOf(name as NodeName));
    bundleOptions = made.bundleOptions;
    const helpScript = path.join(ROOT, 'scripts/help.mjs');
    ({ help } = (await import(helpScript)) as { help: typeof help });
  });

  for (const name of ALL) {
    describe(name, () => {
      const table = tableOf(name);

      it('has the names and defaults of the parameter table, a name and a version', () => {
        const { defaults } = definitionOf(name);
        const others = ['name', 'version', ...(name === 'studio' ? [] : ['studio'])];
        const typed = Object.keys(defaults).filter((key) => isTypeOf(table, key));
        assert.deepEqual(
          Object.keys(defaults).sort(),
          [...Object.keys(table), ...typed, ...others].sort(),
        );
        for (const [key, parameter] of Object.entries(table)) {
          // A typed input keeps what a flag is as text.
          const isTyped = `${key}Type` in defaults && parameter.type === 'flag';
          const expected = isTyped ? String(parameter.default) : parameter.default;
          assert.equal(defaults[key].value, expected, key);
        }
        assert.equal(defaults['version'].value, currentVersion(`lipwire-${name}`));
      });

      it('gives a setting that came later the same value in flows from before as in new ones', () => {
        const { defaults } = definitionOf(name);
        const later = settingDefaults(`lipwire-${name}`, settingsOf(name as NodeName));
        for (const [key, { value, since }] of Object.entries(later)) {
          assert.ok(defaults[key], `${key} is no setting any more`);
          if (since > 1) assert.equal(value, defaults[key].value, key);
        }
      });

      it('checks every setting, and gives a reason for what it refuses', () => {
        const { defaults } = definitionOf(name);
        for (const [key, parameter] of Object.entries(table)) {
          const validate = defaults[key].validate;
          assert.ok(validate, key);
          // Two parameters tell the editor that the validator gives reasons.
          assert.equal(validate.length, 2, key);
          const bad = badValueOf(parameter);
          if (key !== 'portrait') assert.equal(typeof validate.call({}, bad), 'string', key);
        }
      });

      it('lets every setting that a message overrides come from elsewhere as well', () => {
        const { defaults } = definitionOf(name);
        const own = name === 'studio' ? {} : STAGES[name as keyof typeof STAGES].parameters;
        const collecting = name === 'stitch' ? COLLECTING : {};
        const overridable: ParameterTable = { ...own, ...collecting };
        for (const [key, { type }] of Object.entries(overridable)) {
          assert.equal(defaults[`${key}Type`]?.value, KIND_OF[type], key);
          const validate = defaults[key].validate!;
          for (const kind of ['msg', 'flow', 'global', 'env', 'jsonata']) {
            const node = { [`${key}Type`]: kind };
            assert.equal(validate.call(node, 'speed'), true, `${key} of ${kind}`);
            assert.notEqual(validate.call(node, ''), true, `${key} of ${kind}`);
          }
        }
      });

      it('accepts what the table accepts and refuses what it refuses', () => {
        const { defaults } = definitionOf(name);
        for (const [key, parameter] of Object.entries(table)) {
          if (parameter.type !== 'number') continue;
          const validate = defaults[key].validate!;
          const { min, max, whole } = parameter;
          for (const good of [min, max, `${max}`, '', '${RATE}']) {
            assert.equal(validate.call({}, good), true, `${key} ${good}`);
          }
          for (const bad of [min - 0.01, max + 0.01, 'much', ...(whole ? [min + 0.5] : [])]) {
            assert.equal(typeof validate.call({}, bad), 'string', `${key} ${bad}`);
          }
        }
      });

      it('offers exactly the choices of the table, each with a text', () => {
        for (const [key, parameter] of Object.entries(table)) {
          if (!('of' in parameter)) continue;
          assert.deepEqual(choicesOf(name, key), [...parameter.of], key);
        }
      });

      it('has an input for every setting, each with a label', () => {
        const prefix = name === 'studio' ? 'node-config-input-' : 'node-input-';
        const template = html(name);
        for (const key of Object.keys(definitionOf(name).defaults)) {
          // Inputs of types are made beside the typed inputs that they belong to.
          if (key === 'version' || isTypeOf(settingsOf(name as NodeName), key)) continue;
          assert.ok(template.includes(`id="${prefix}${key}"`), key);
          const isHidden = template.includes(`type="hidden" id="${prefix}${key}"`);
          const label = new RegExp(`<label\\s+for="${prefix}${key}"`);
          if (!isHidden) assert.match(template, label);
        }
      });

      it('takes every text from the catalogue', () => {
        const keys = [...html(name).matchAll(/data-i18n="(?:\[[a-z]+\])?([^"]+)"/g)].map(
          (match) => match[1],
        );
        const own = [...html(name).matchAll(/_\('([^']+)'\)/g)].map((match) => match[1]);
        for (const key of [...keys, ...own].filter((each) => !each.startsWith('node-red:'))) {
          // A key that is put together at run time ends in a dot.
          if (key.endsWith('.')) continue;
          assert.equal(typeof lookUp(name, key), 'string', key);
        }
        const template = html(name).replace(/<script(?! type="text\/html")[\s\S]*?<\/script>/g, '');
        const words = template.replace(/<[^>]+>/g, '').trim();
        assert.equal(words, '', 'hard-coded text');
      });

      it('has help in the house format', () => {
        const text = help(name, 'en-US');
        assert.match(text, new RegExp(`data-help-name="lipwire-${name}">\\s*<p>`));
        const headings = [...text.matchAll(/<h3>(\w+)<\/h3>/g)].map((match) => match[1]);
        const expected = ['Inputs', 'Outputs', 'Details', 'References'];
        assert.deepEqual(headings, name === 'studio' ? expected.slice(2) : expected);
        for (const [tag] of text.matchAll(/<(b|i|strong|em|h1|h2)>/g)) assert.fail(tag);
      });

      if (name !== 'studio') {
        it('documents every message property with its choices and limits', () => {
          const text = help(name, 'en-US').replace(/\s+/g, ' ');
          const terms = [...text.matchAll(/<dt[^>]*>([^<]*)/g)].flatMap((m) => m[1].split(','));
          const named = new Set(terms.map((term) => term.trim()));
          const stage = STAGES[name as keyof typeof STAGES].parameters as ParameterTable;
          for (const [key, parameter] of Object.entries(stage)) {
            assert.ok(named.has(key), `${key} is not documented`);
            if (parameter.type === 'number') {
              assert.ok(text.includes(`${parameter.min} to ${parameter.max}`), `limits of ${key}`);
            }
            // The transitions are FFmpeg's; its own page shows them.
            if (!('of' in parameter) || key === 'transition') continue;
            for (const choice of parameter.of) {
              assert.ok(text.includes(`<code>${choice}</code>`), `${key} ${choice}`);
            }
          }
        });
      }

      it('has an icon of the family: white on transparent, 40 by 60', () => {
        const { icon, category, color } = definitionOf(name);
        assert.equal(icon, `${name}.svg`);
        const svg = readFileSync(path.join(ROOT, 'icons', icon), 'utf8');
        assert.match(svg, /width="40" height="60" viewBox="0 0 40 60"/);
        const colours = new Set([...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map((m) => m[1]));
        colours.delete('none');
        assert.deepEqual([...colours], ['#fff']);
        assert.ok(Buffer.byteLength(svg) < 1500);
        assert.equal(category, name === 'studio' ? 'config' : 'lipwire');
        if (name !== 'studio') assert.equal(color, definitionOf('tts').color);
      });
    });
  }

  it('has a short status text for every error code', () => {
    const { failed, status } = (
      catalogue('studio') as Record<string, Record<string, Record<string, string>>>
    )['lipwire-studio'];
    assert.deepEqual(Object.keys(failed).sort(), Object.keys(ERROR_CODES).sort());
    for (const text of [...Object.values(failed), ...Object.values(status)]) {
      const longest = text.replace('__model__', 'builtin').replace(/__\w+__/g, '100');
      assert.ok(longest.length < 20, longest);
    }
  });

  it('uses no colour but that of the nodes', () => {
    const sources = (readdirSync(path.join(ROOT, 'nodes'), { recursive: true }) as string[])
      .filter((file) => /[\\/]editor(?:\.ts$|[\\/].*\.(?:ts|css)$)/.test(file))
      .map((file) => readFileSync(path.join(ROOT, 'nodes', file), 'utf8'));
    for (const file of [...ALL.map(html), ...sources]) {
      const colours = file.replace(/color: '#B39DDB'/, '').match(/#[0-9a-f]{3,8}\b|rgb\(/gi) ?? [];
      assert.deepEqual(colours, []);
    }
  });

  it('has an example for every node, with a comment and core nodes beside it only', () => {
    const folder = path.join(ROOT, 'examples/flows');
    const types = new Set<string>();
    const ids = new Set<string>();
    for (const file of readdirSync(folder)) {
      assert.match(file, /^\d\d - [A-Z].*\.json$/);
      const flow = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
        id: string;
        type: string;
        name?: string;
      }[];
      assert.ok(
        flow.some(({ type }) => type === 'comment'),
        file,
      );
      for (const { id, type, name } of flow) {
        assert.ok(!ids.has(id), `${file}: ${id} twice`);
        ids.add(id);
        types.add(type);
        if (type !== 'tab') assert.ok(name, `${file}: ${id} has no name`);
      }
    }
    const ours = [...types].filter((type) => type.startsWith('lipwire-'));
    assert.deepEqual(ours.sort(), STAGE_NAMES.map((stage) => `lipwire-${stage}`).sort());
  });

  it('keeps secrets as credentials, and out of the settings', () => {
    const { credentials, defaults } = definitionOf('studio');
    const password = { type: 'password' };
    assert.deepEqual(JSON.parse(JSON.stringify(credentials)), {
      openaiKey: password,
      elevenlabsKey: password,
    });
    assert.ok(!Object.keys(defaults).some((key) => key.endsWith('Key')));
    assert.match(html('studio'), /<input type="password" id="node-config-input-openaiKey"/);
  });

  it('brings every example with settings that its dialogs accept', () => {
    const folder = path.join(ROOT, 'examples/flows');
    for (const file of readdirSync(folder)) {
      const flow = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Record<
        string,
        unknown
      >[];
      for (const node of flow) {
        const name = String(node['type']).replace('lipwire-', '');
        if (!ALL.includes(name)) continue;
        for (const [key, { validate }] of Object.entries(definitionOf(name).defaults)) {
          assert.ok(key in node, `${file}: ${name} lacks ${key}`);
          if (validate)
            assert.equal(validate.call(node, node[key]), true, `${file}: ${name} ${key}`);
        }
      }
    }
  });

  it('has all files beside each other that Node-RED looks for', () => {
    for (const name of ALL) {
      for (const file of ['node.js', 'node.html', 'locales/en-US/node.json']) {
        assert.ok(existsSync(path.join(ROOT, 'dist/nodes', name, file)), `${name}/${file}`);
      }
    }
  });
});

/** The values that a select offers. */
function choicesOf(name: string, key: string): string[] {
  const select = new RegExp(`<select id="node-(?:config-)?input-${key}">([\\s\\S]*?)</select>`);
  const body = select.exec(html(name))?.[1] ?? '';
  return [...body.matchAll(/<option\s+value="([^"]*)"/g)].map((match) => match[1]);
}

/** Whether a setting says where the value of another one comes from. */
function isTypeOf(table: ParameterTable, key: string): boolean {
  return !(key in table) && key.endsWith('Type') && key.slice(0, -'Type'.length) in table;
}

/** A value that a parameter cannot have. */
function badValueOf(parameter: ParameterTable[string]): unknown {
  if (parameter.type === 'number') return parameter.max + 1;
  if (parameter.type === 'text') return '/'.repeat(parameter.maxLength + 1);
  return parameter.type === 'flag' ? 'perhaps' : 'No such choice!';
}
