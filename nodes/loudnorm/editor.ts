/** The dialog of loudnorm: with the curves, figures and sound of what it made last. */
import type { LoudnessOverTime } from '../../src/loudness/stage';
import type { SpeechLoudness as Loudness } from '../../src/contract/payloads';
import { addPreview, registerStage } from '../shared/editor/dialog';
import { seconds, textsOf } from '../shared/editor/parts';
import { legendOf, line, minus, pathOf, playerOf, showLast, svg } from '../shared/editor/preview';

interface Facts {
  text?: string;
  duration: number;
  loudness?: Loudness;
  series: LoudnessOverTime | null;
}

const text = textsOf('loudnorm', 'preview.');

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 200, 34, 8, 8, 22];
/** LUFS at the lower end, at most; and between two lines. */
const LOWEST = -60;
const GRID = 10;
/** Seconds between two times under the chart. */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600];

const WHEN = ['before', 'after'] as const;
/** EBU meters show a window when it is over: seconds at the end of the first one. */
const LENGTHS = { momentary: 0.4, shortTerm: 3 } as const;

/** A measure with its unit; a dash where there is none. */
const figure = (value: number | null | undefined, unit: string): string =>
  value == null ? '\u2013' : `${minus(value.toFixed(1))} ${unit}`;

function chartOf(duration: number, loudness: Loudness, series: LoudnessOverTime): SVGElement {
  const target = loudness.target ?? 0;
  const values = WHEN.flatMap((when) => series[when].momentary).filter((each) => each !== null);
  const lowest = GRID * Math.floor((Math.min(target, ...values) - 1) / GRID);
  const floor = Math.max(LOWEST, lowest);
  const x = (time: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * time) / duration;
  const y = (lufs: number): number =>
    TOP + ((HEIGHT - TOP - BOTTOM) * -Math.max(lufs, floor)) / -floor;
  const across = (type: string, lufs: number, more?: Record<string, number>): SVGElement =>
    line(type, [LEFT, y(lufs)], [WIDTH - RIGHT, y(lufs)], more);
  const { before, integrated, truePeak } = loudness;
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': text('summary', {
      seconds: seconds(duration),
      before: figure(before?.integrated, 'LUFS'),
      after: figure(integrated, 'LUFS'),
      target: figure(loudness.target, 'LUFS'),
      peakBefore: figure(before?.truePeak, 'dBTP'),
      peakAfter: figure(truePeak, 'dBTP'),
    }),
  });
  for (let lufs = 0; lufs >= floor; lufs -= GRID) {
    const place = { x: LEFT - 4, y: y(lufs) + 4, 'text-anchor': 'end' };
    picture.append(across('lipwire-axis', lufs), svg('text', place, minus(lufs)));
  }
  const step = STEPS.find((each) => duration / each <= 6) ?? 7200;
  for (let time = 0; time <= duration; time += step) {
    const anchor = time === 0 ? 'start' : 'middle';
    const place = { x: x(time), y: HEIGHT - 6, 'text-anchor': anchor };
    picture.append(svg('text', place, seconds(time)));
  }
  for (const when of WHEN) {
    for (const kind of ['momentary', 'shortTerm'] as const) {
      const points = series[when][kind].map((lufs, i): [number, number] | undefined => {
        const time = Math.min(duration, i * series[when].step + LENGTHS[kind]);
        return lufs === null ? undefined : [x(time), y(lufs)];
      });
      const type = `lipwire-loudness-${when} lipwire-loudness-${kind}`;
      picture.append(svg('path', { class: type, d: pathOf(points) }));
    }
  }
  if (series.after.shortTerm.length === 0) picture.classList.add('lipwire-loudness-short');
  picture.append(across('lipwire-loudness-target', target, { 'data-target': target }));
  return picture;
}

function legend(): JQuery {
  const curves = [
    'shortTerm lipwire-loudness-before',
    'shortTerm lipwire-loudness-after',
    'target',
  ];
  const entries = curves.map((type) => ({
    type: `lipwire-loudness-${type}`,
    path: 'M1 5H25',
    words: text(type.replace(/.*-/, '')),
  }));
  return legendOf(entries).append($('<span>').text(text('curves')));
}

function tableOf({ before, gain, ...after }: Loudness): JQuery {
  type Measure = Partial<Pick<Loudness, 'integrated' | 'truePeak' | 'range'>>;
  const cell = (tag: string, words: string): JQuery => $(`<${tag}>`).text(words);
  const row = (name: string, { integrated, truePeak, range }: Measure = {}): JQuery =>
    $('<tr>').append(
      cell('th', name).attr('scope', 'row'),
      cell('td', figure(integrated, 'LUFS')),
      cell('td', figure(truePeak, 'dBTP')),
      cell('td', figure(range, 'LU')),
    );
  const gained = text('gain', { gain: figure(gain, 'dB') });
  const head = [gained, text('integrated'), text('truePeak'), text('range')];
  return $('<table class="lipwire-loudness-table">').append(
    $('<thead>').append(
      $('<tr>').append(head.map((each) => cell('th', each).attr('scope', 'col'))),
    ),
    $('<tbody>').append(row(text('before'), before), row(text('after'), after)),
  );
}

/** What was out of the ordinary; results of an earlier version have it in English only. */
function notesOf({ notes, note }: Loudness): (string | undefined)[] {
  if (!notes) return [note];
  const shown = (value: unknown): unknown =>
    typeof value === 'number' ? minus(+value.toFixed(1)) : value;
  return notes.map(({ type, ...values }) => {
    const entries = Object.entries(values).map(([key, value]) => [key, shown(value)]);
    return text(`note.${type}`, Object.fromEntries(entries) as TextValues);
  });
}

registerStage('loudnorm', {
  open(node) {
    showLast<Facts>(node, 'loudnorm', addPreview('loudnorm'), (facts) => {
      const { loudness, series, duration } = facts;
      if (!series || !loudness) return text('gone');
      const chart = $(chartOf(duration, loudness, series) as Element as HTMLElement);
      return {
        content: [chart, legend(), tableOf(loudness), playerOf(node, 'audio')],
        caption: [facts.text, ...notesOf(loudness)].filter(Boolean).join('\n'),
      };
    });
  },
});
