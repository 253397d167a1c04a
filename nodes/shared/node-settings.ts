/** The settings of every node, for validation, dialogs and migrations. */
import type { ParameterTable } from '../../src/contract';
import { STAGES, type StageName } from '../../src/stages';
import { KEEP, URL_PATH_DEFAULT } from '../hls-export/settings';
import { COLLECTING } from '../stitch/settings';
import { STUDIO } from '../studio/settings';
import { changes } from './migrations';
import { QUEUE } from './node-queue';

export type NodeName = StageName | 'studio';

const { detector, select, faceNumber, region, ...face } = STAGES['face-detect'].parameters;

/** Tables by node, in the order of the dialog. */
const TABLES: Record<NodeName, ParameterTable> = {
  studio: STUDIO,
  'text-segment': STAGES['text-segment'].parameters,
  tts: STAGES.tts.parameters,
  loudnorm: STAGES.loudnorm.parameters,
  'face-detect': {
    portrait: { type: 'text', default: '', maxLength: 1000, fixed: true, icon: 'fa-picture-o' },
    detector,
    select,
    faceNumber,
    region,
    reference: {
      type: 'text',
      default: '',
      maxLength: 1000,
      since: 2,
      icon: 'fa-user-circle',
      when: { parameter: 'select', is: ['reference'] },
    },
    ...face,
  },
  wav2lip: STAGES.wav2lip.parameters,
  stitch: { ...STAGES.stitch.parameters, ...COLLECTING },
  'hls-export': {
    path: {
      type: 'text',
      default: URL_PATH_DEFAULT,
      maxLength: 200,
      format: 'path',
      fixed: true,
      icon: 'fa-globe',
    },
    ...STAGES['hls-export'].parameters,
    keep: { type: 'number', whole: true, ...KEEP, fixed: true, icon: 'fa-history' },
  },
};

/** In the order of the dialog: those in sections after the rest, the queue's last. */
export function settingsOf(name: NodeName): ParameterTable {
  if (name === 'studio') return STUDIO;
  const own = Object.entries(TABLES[name]);
  const plain = own.filter(([, { section }]) => !section);
  const inSections = own.filter(([, { section }]) => section);
  return { ...Object.fromEntries([...plain, ...inSections]), ...QUEUE };
}

/** A node's settings, migrated; a copy where something changed. */
export function upToDate<T extends { type: string }>(config: T): T {
  const name = config.type.replace(/^lipwire-/, '');
  if (name === config.type || !(name in TABLES)) return config;
  const changed = changes(config.type, settingsOf(name as NodeName), { ...config });
  return Object.keys(changed).length > 0 ? { ...config, ...changed } : config;
}
