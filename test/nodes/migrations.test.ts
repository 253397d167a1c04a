import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { currentVersion, settingDefaults } from '../../nodes/shared/migrations';
import { settingsOf, upToDate, type NodeName } from '../../nodes/shared/node-settings';
import { STAGE_NAMES } from '../../src/stages';

const PROJECT = path.resolve(__dirname, '../..');

/** What a node's dialog saved before settings were counted by a version, with no value a default. */
const OLDEST: Record<string, Record<string, unknown>> = {
  'lipwire-text-segment': {
    split: 'line',
    maxLength: '100',
    pause: '1',
    paragraphPause: '2',
    language: 'de',
  },
  'lipwire-tts': {
    engine: 'espeak',
    language: 'fr',
    voice: 'fr',
    variant: 'f2',
    rate: '180',
    pitch: '40',
    lead: '0',
    pause: '0',
  },
  'lipwire-loudnorm': { preset: 'custom', integrated: '-20', truePeak: '-2', range: '7' },
  'lipwire-face-detect': {
    portrait: 'picture',
    portraitType: 'msg',
    detector: 'blazeface',
    select: 'number',
    faceNumber: '2',
    padding: '0.1',
    minScore: '0.7',
    withoutFace: 'error',
  },
  'lipwire-wav2lip': {
    model: 'builtin',
    fps: '25',
    intensity: '1.2',
    blinks: false,
    headMotion: true,
    offset: '0.1',
  },
  'lipwire-stitch': {
    transition: 'wipeleft',
    transitionLength: '0.5',
    width: '640',
    height: '360',
    fit: 'cover',
    fps: '30',
    quality: 'draft',
    waitLimit: '60',
  },
  'lipwire-hls-export': {
    path: 'hall',
    segmentLength: '2',
    renditions: '360',
    container: 'ts',
    keep: '3',
  },
  'lipwire-studio': {
    workspace: 'work',
    maxSize: '1',
    maxAge: '10',
    ffmpeg: '/usr/bin/ffmpeg',
    models: 'models',
    device: 'cpu',
    jobs: '1',
    acceptNonCommercial: true,
  },
};

const nameOf = (type: string): NodeName => type.replace('lipwire-', '') as NodeName;

describe('Settings that an earlier version saved', () => {
  for (const [type, settings] of Object.entries(OLDEST)) {
    describe(type, () => {
      for (const version of [undefined, 1]) {
        it(`are brought to today's from version ${version ?? 'none'}, and nothing is lost`, () => {
          const saved = { id: 'n1', type, ...settings, ...(version && { version }) };
          const before = structuredClone(saved);
          const now = upToDate(saved) as Record<string, unknown>;
          assert.deepEqual(saved, before, 'the saved settings were changed');
          assert.equal(now['version'], currentVersion(type));
          const defaults = settingDefaults(type, settingsOf(nameOf(type)));
          for (const [name, value] of Object.entries(settings)) {
            const isText = typeof defaults[name]?.value === 'string';
            assert.equal(now[name], isText ? String(value) : value, name);
          }
          const added = Object.keys(now).filter((name) => !(name in saved) && name !== 'version');
          const later = Object.keys(defaults).filter((name) => defaults[name].since > 1);
          assert.deepEqual(added.sort(), later.sort());
        });
      }

      it('stay what they are where they are of today, or of a later version', () => {
        for (const version of [currentVersion(type), 99]) {
          const saved = { id: 'n1', type, version };
          assert.equal(upToDate(saved), saved);
        }
      });

      it('count up: each step leads to a later version', () => {
        const table = settingsOf(nameOf(type));
        for (const [name, { since }] of Object.entries(settingDefaults(type, table))) {
          assert.ok(since >= 1 && since <= currentVersion(type), name);
        }
      });
    });
  }

  it('leave nodes of others alone', () => {
    const saved = { id: 'n1', type: 'inject' };
    assert.equal(upToDate(saved), saved);
  });

  it('are known for every node', () => {
    const { 'node-red': declared } = JSON.parse(
      readFileSync(path.join(PROJECT, 'package.json'), 'utf8'),
    ) as { 'node-red': { nodes: Record<string, string> } };
    const types = Object.keys(declared.nodes);
    assert.deepEqual(
      ['studio', ...STAGE_NAMES].map((name) => `lipwire-${name}`).sort(),
      types.sort(),
    );
    assert.deepEqual(Object.keys(OLDEST).sort(), types.sort());
  });
});
