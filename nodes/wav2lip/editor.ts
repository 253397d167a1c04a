/** The dialog of wav2lip: which models can be used, and how the last clip turned out. */
import type { ClipPreview } from '../../src/face/previews';
import { addPreview, registerStage } from '../shared/editor/dialog';
import { seconds, textsOf } from '../shared/editor/parts';
import { imageOf, legendOf, line, pathOf, playerOf, showLast, svg } from '../shared/editor/preview';
import { addModelChoice } from './editor/model-choice';

interface Facts extends ClipPreview {
  text?: string;
  duration: number;
  frames: number;
  model: string;
}

const text = textsOf('wav2lip', 'preview.');
const [WIDTH, HEIGHT, BOTTOM] = [560, 120, 20];

/** Mean and largest openness in percent of the mouth's width. */
function openingOf({ openness }: ClipPreview): { mean: string; most: string } {
  const seen = openness.map(({ open }) => open).filter((open) => open !== null);
  const percent = (share: number): string =>
    seen.length > 0 ? `${Math.round(100 * share)}` : '\u2013';
  const mean = seen.reduce((sum, open) => sum + open, 0) / seen.length;
  return { mean: percent(mean), most: percent(Math.max(...seen)) };
}

/** When the last frame is that was measured. */
const shownUntil = ({ openness }: ClipPreview): number => openness.at(-1)?.time ?? 0;

/** The mouth's openness over the waveform. */
function chartOf(facts: Facts): SVGElement {
  const { duration, waveform, openness, stillTime } = facts;
  const shown = Math.min(duration, Math.max(stillTime, shownUntil(facts), 0.1) + 0.1);
  const label = text('summary', { seconds: seconds(shown), ...openingOf(facts) });
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': label,
  });
  const x = (time: number): number => (WIDTH * time) / shown;
  const middle = (HEIGHT - BOTTOM) / 2;
  const edge = (side: number): [number, number][] =>
    waveform.map((peak, i) => [
      (WIDTH * (i + 0.5)) / waveform.length,
      middle + side * peak * middle,
    ]);
  if (waveform.length > 0) {
    const d = `${pathOf([...edge(-1), ...edge(1).reverse()])}Z`;
    picture.append(svg('path', { class: 'lipwire-waveform', d }));
  }
  // A mouth that is open by its own width would be a yawn.
  const y = (open: number): number => (HEIGHT - BOTTOM) * (1 - Math.min(1, 1.6 * open)) - 1;
  const d = pathOf(
    openness.map(({ time, open }) => (open === null ? undefined : [x(time), y(open)])),
  );
  const at = x(stillTime);
  const ends = { x: WIDTH, y: HEIGHT - 5, 'text-anchor': 'end' };
  picture.append(
    svg('path', { class: 'lipwire-openness', d }),
    line('lipwire-still-mark', [at, 0], [at, HEIGHT - BOTTOM], { 'data-time': stillTime }),
    svg('text', { x: 0, y: HEIGHT - 5 }, seconds(0)),
    svg('text', ends, seconds(shown)),
  );
  return picture;
}

/** Models of the user's own are called as they are. */
const nameOf = (model: string): string =>
  textsOf('wav2lip')(`model.${model}`, { defaultValue: model });

registerStage('wav2lip', {
  open(node) {
    const closeModels = addModelChoice(String(node['model']));
    showLast<Facts>(node, 'wav2lip', addPreview('wav2lip'), (facts) => {
      const { still, stillTime, word, duration, frames, model } = facts;
      const place = { time: seconds(stillTime), word };
      const caption = text(word ? 'stillWord' : 'still', place);
      const until = shownUntil(facts);
      const figure = $('<figure>').append(imageOf(still, caption), $('<figcaption>').text(caption));
      const lines = ['waveform', 'openness', 'still-mark'].map((type) => ({
        type: `lipwire-${type}`,
        path: 'M1 3H25V7H1Z',
        words: text(type),
      }));
      const notes = [
        facts.text,
        text('facts', { model: nameOf(model), frames, ...openingOf(facts) }),
        until + 1 < duration ? text('part', { seconds: seconds(until) }) : '',
      ];
      return {
        content: [
          $('<div class="lipwire-clip">').append(figure, playerOf(node, 'video')),
          $(chartOf(facts) as Element as HTMLElement),
          legendOf(lines),
        ],
        caption: notes.filter(Boolean).join('\n'),
      };
    });
    return closeModels;
  },
});
