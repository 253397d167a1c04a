import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandHelp, readOptions, suggestion, UsageError } from '../../src/cli/options';
import { render } from '../../src/cli/render';
import {
  optionName,
  readConfig,
  readServers,
  stageOptions,
  stageParameters,
  type Config,
} from '../../src/cli/stage-options';
import type { ParameterTable } from '../../src/contract';
import { STAGE_NAMES, STAGES } from '../../src/stages';
import { PROJECT } from '../support/node-red';
import { deleteFolder, testFolder } from '../runtime/worker/support';

const TABLE = Object.assign({}, ...render.options.map(({ table }) => table)) as Record<
  string,
  { help: string; value?: string }
>;
const read = (...args: string[]) => stageParameters(readOptions(args, TABLE), undefined);

describe('the options of every stage', () => {
  it('are all its parameters, each with its range or choices and its default in the help', () => {
    const help = commandHelp(render).replace(/\s+/g, ' ');
    for (const stage of STAGE_NAMES) {
      assert.ok(help.includes(`Of ${stage}:`));
      for (const [key, parameter] of Object.entries<ParameterTable[string]>(
        STAGES[stage].parameters,
      )) {
        const name = optionName(stage, key);
        const option = TABLE[name];
        assert.ok(option && help.includes(`--${name} ${option.value}`), name);
        assert.match(option.help, /^\S.*\S.*$/, name);
        if (parameter.default !== '')
          assert.ok(option.help.includes(`default ${parameter.default}`));
        if (parameter.type === 'number') {
          assert.ok(option.help.includes(`${parameter.min} to ${parameter.max}`), name);
        }
        if (parameter.unit && 'min' in parameter) {
          assert.ok(option.help.includes(` ${parameter.unit}`), name);
        }
        if ('of' in parameter) assert.ok(option.help.includes(parameter.of[0]), name);
      }
    }
  });

  it('do not repeat the name of the stage, and no two are called the same', () => {
    assert.equal(optionName('face-detect', 'faceNumber'), 'face-number');
    assert.equal(optionName('text-segment', 'maxLength'), 'text-max-length');
    assert.equal(optionName('hls-export', 'renditions'), 'hls-renditions');
    const count = stageOptions().flatMap(({ table }) => Object.keys(table)).length;
    const others = Object.keys(render.options[0].table).length;
    assert.equal(Object.keys(TABLE).length, count + others);
  });

  it('reach the parameters', () => {
    const found = read(
      ...['--tts-rate', '180', '--wav2lip-blend', 'parity', '--face-select', 'number'],
      ...['--face-number', '2', '--loudnorm-preset', 'broadcast', '--stitch-transition=dissolve'],
      ...['--hls-renditions', '720,360', '--text-max-length', '200', '--wav2lip-offset', '-0.1'],
      ...['--face-crop', '0,-1,0,-1'],
    );
    assert.equal(found.tts.rate, 180);
    assert.deepEqual([found.wav2lip.blend, found.wav2lip.offset], ['parity', -0.1]);
    const { select, faceNumber, crop } = found['face-detect'];
    assert.deepEqual([select, faceNumber, crop], ['number', 2, '0 -1 0 -1']);
    assert.equal(found.loudnorm.preset, 'broadcast');
    assert.equal(found.stitch.transition, 'dissolve');
    assert.equal(found['hls-export'].renditions, '720,360');
    assert.equal(found['text-segment'].maxLength, 200);
  });

  it('may be short, and the long name wins', () => {
    const found = read(
      '--fps',
      '10',
      '--language',
      'de',
      '--tts-language',
      'fr',
      '--model',
      'mine',
    );
    assert.deepEqual([found.wav2lip.fps, found.wav2lip.model], [10, 'mine']);
    assert.deepEqual([found['text-segment'].language, found.tts.language], ['de', 'fr']);
  });

  it('say true, false or no', () => {
    const blinks = (...args: string[]) => read(...args).wav2lip.blinks;
    assert.equal(blinks('--wav2lip-blinks', 'false'), false);
    assert.equal(blinks('--wav2lip-blinks=false'), false);
    assert.equal(blinks('--no-wav2lip-blinks'), false);
    assert.equal(blinks('--wav2lip-blinks'), true);
    assert.equal(read('--wav2lip-static', '--tts-rate', '90').wav2lip.static, true);
  });

  it('are refused by their name when the value is wrong', () => {
    for (const [args, message] of [
      [['--tts-rate', 'fast'], /whole number from 80 to 450 for --tts-rate but received "fast"/],
      [['--no-tts-rate'], /no option --no-tts-rate/],
      [['--wav2lip-blinks=maybe'], /true or false for --wav2lip-blinks/],
      [['--fps', '500'], /0 to 120 for --fps/],
    ] as const) {
      assert.throws(() => read(...args), message);
    }
  });

  it('are refused with the nearest one when there is none of that name', () => {
    assert.throws(
      () => read('--tts-rat', '180'),
      (error) =>
        error instanceof UsageError &&
        error.message === 'There is no option --tts-rat; the nearest is --tts-rate.',
    );
    assert.throws(() => read('--constructor'), UsageError);
    assert.equal(suggestion('rendr', ['doctor', 'render']), '; the nearest is render');
  });
});

describe('the servers of voices', () => {
  let folder: string;
  before(async () => (folder = await testFolder()));
  after(() => deleteFolder(folder));
  const SERVERS = {
    openai: { address: 'http://10.0.0.5:8880', key: 'k' },
    wyoming: { voice: 'v' },
  };

  it('stand in a file, or in a configuration itself', async () => {
    const file = path.join(folder, 'servers.json');
    await writeFile(file, JSON.stringify(SERVERS));
    assert.deepEqual(readServers(file), SERVERS);
    assert.deepEqual(readServers(SERVERS), SERVERS);
    assert.deepEqual(readServers(undefined), {});
    const config = path.join(folder, 'all.json');
    await writeFile(config, JSON.stringify({ servers: SERVERS }));
    assert.deepEqual(readConfig(config, TABLE).values['servers'], SERVERS);
  });

  it('are refused in a sentence that repeats no key', () => {
    for (const [given, message] of [
      [{ openai: { adress: 'x' } }, /no adress of servers; the nearest is address/],
      [{ open: {} }, /no open of servers/],
      [{ openai: { key: ['sk-secret'] } }, /a text for servers\.openai\.key/],
      [{ openai: { address: 'http://h/?key=sk-secret' } }, /without password and query/],
      [{ openai: 'sk-secret' }, /JSON object for servers\.openai/],
      [path.join(folder, 'absent.json'), /absent\.json/],
    ] as const) {
      assert.throws(
        () => readServers(given),
        ({ message: said }: Error) => message.test(said) && !said.includes('sk-secret'),
      );
    }
  });
});

describe('the file of --config', () => {
  let folder: string;
  before(async () => (folder = await testFolder()));
  after(() => deleteFolder(folder));

  async function config(content: unknown): Promise<Config> {
    const file = path.join(folder, 'config.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return readConfig(file, TABLE);
  }

  it('has options by name, and parameters by stage', async () => {
    const found = stageParameters(
      {},
      await config({
        out: 'a.mp4',
        'wav2lip-blinks': false,
        tts: { rate: 180 },
        'face-detect': { faceNumber: 2, crop: [0, -1, 0, -1], rotate: 90 },
        'hls-export': { renditions: [720, 360] },
      }),
    );
    assert.deepEqual([found.tts.rate, found.wav2lip.blinks], [180, false]);
    const { faceNumber, crop, rotate } = found['face-detect'];
    assert.deepEqual([faceNumber, crop, rotate], [2, '0 -1 0 -1', '90']);
    assert.equal(found['hls-export'].renditions, '720,360');
  });

  it('gives way to the command line', async () => {
    const file = await config({ fps: 12, tts: { rate: 180, pitch: 40 } });
    const found = stageParameters(readOptions(['--tts-rate', '90'], TABLE), file);
    assert.deepEqual([found.tts.rate, found.tts.pitch, found.wav2lip.fps], [90, 40, 12]);
  });

  it('is refused with the nearest name where a name is unknown, and naming the file', async () => {
    for (const [content, message] of [
      [{ 'tts-rat': 1 }, /no option tts-rat in \S+config\.json; the nearest is tts-rate\.$/],
      [{ tts: { rat: 1 } }, /no option tts\.rat in \S+; the nearest is rate\.$/],
      [{ tts: 5 }, /a JSON object for tts in \S+ but received the number 5/],
      [{ config: 'b.json' }, /no option config in/],
      [[], /a JSON object for --config/],
      ['{', /a JSON object/],
    ] as const) {
      await assert.rejects(() => config(content), message);
    }
    await assert.rejects(
      async () => stageParameters({}, await config({ tts: { rate: 'fast' } })),
      /80 to 450 for tts-rate in \S+config\.json but received "fast"/,
    );
    assert.throws(() => readConfig(path.join(folder, 'absent.json'), TABLE), { code: 'E_PATH' });
  });
});

describe('the help on the command line', () => {
  const main = path.join(PROJECT, 'dist/src/cli/main.js');
  const lipwire = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], { cwd: PROJECT, encoding: 'utf8' });

  for (const command of ['render', 'voices', 'models', 'doctor', 'slim']) {
    it(`is there for ${command}`, () => {
      const [long, short] = [lipwire(command, '--help'), lipwire(command, '-h')];
      assert.deepEqual([long.status, long.stderr, short.status], [0, '', 0]);
      assert.equal(short.stdout, long.stdout);
      assert.equal(lipwire('help', command).stdout, long.stdout);
      assert.match(long.stdout, new RegExp(`^ {2}lipwire ${command}`, 'm'));
      assert.match(long.stdout, /^ {2}--json/m);
      assert.ok(long.stdout.split('\n').every((line) => line.length <= 100));
    });
  }

  it('is there for an action of models, and for all', () => {
    assert.match(lipwire('models', 'pull', '--help').stdout, /models pull NAME/);
    assert.equal(lipwire('-h').stdout, lipwire('help').stdout);
    assert.equal(lipwire('--help').stdout, lipwire('help').stdout);
  });
});
