/** What the dialogs' previews share: a frame with a sentence or a picture, what a node made last, SVG. */
import type { NodeName } from '../node-settings';
import type { Note } from '../../../src/contract/notes';
import { ask, button, noteText, problem, sidebarText, textsOf, type FailedRequest } from './parts';

/** Milliseconds between two looks while jobs run. */
const PATIENCE = 2000;

/** A place that holds a picture, or a sentence instead of one, which is read out. */
export class PreviewFrame {
  readonly #picture = $('<div class="lipwire-preview-picture">');
  readonly #words = $('<p class="lipwire-preview-words" role="status">');

  constructor(readonly place: JQuery) {
    place.addClass('lipwire-preview').append(this.#picture, this.#words);
  }

  say(sentence: string): void {
    this.#picture.empty().hide();
    this.#words.text(sentence);
  }

  show(content: JQuery[], caption: string): void {
    this.#picture.empty().append(content).show();
    this.#words.text(caption);
  }

  get isOpen(): boolean {
    return document.contains(this.place[0]);
  }
}

/** What is shown, and the words under it; or a sentence instead. */
type Drawn = { content: JQuery[]; caption: string } | string;

/** What the run time knows of a node's last result, besides the facts of its kind. */
interface LastResult {
  at?: number;
  nothing?: boolean;
  gone?: boolean;
  notes?: Note[];
}

/** Shows what a node made last, and again when it has made something else while the dialog is open. */
export function showLast<Facts>(
  node: EditorNode,
  name: NodeName,
  place: JQuery,
  draw: (facts: Facts) => Drawn | Promise<Drawn>,
): void {
  const text = textsOf(name, 'preview.');
  const frame = new PreviewFrame(place);
  let at: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(): Promise<void> {
    timer = undefined;
    if (!frame.isOpen) return;
    try {
      const facts = await ask<Facts & LastResult>(lastResult(node));
      if (!frame.isOpen || (facts.at !== undefined && facts.at === at)) return;
      at = facts.at;
      if (facts.nothing) return frame.say(text('nothing'));
      if (facts.gone) return frame.say(text('gone'));
      // The dialog of loudnorm says what its measure says itself.
      const notes = (facts.notes ?? []).filter(({ code }) => code !== 'N_LOUDNESS').map(noteText);
      const drawn = await draw(facts);
      if (typeof drawn === 'string') frame.say(drawn);
      else frame.show(drawn.content, [drawn.caption, ...notes].filter(Boolean).join('\n'));
    } catch (error) {
      if (frame.isOpen && at === undefined) frame.say(problem(error as FailedRequest));
    }
  }
  function news(): void {
    if (!frame.isOpen) return RED.comms.unsubscribe('lipwire/jobs', news);
    timer ??= setTimeout(() => void look(), PATIENCE);
  }

  frame.say(text('asking'));
  void look();
  RED.comms.subscribe('lipwire/jobs', news);
}

const lastResult = ({ id }: EditorNode): string =>
  `lipwire-preview/nodes/${encodeURIComponent(id)}`;

/** A button that plays what the node made last. Fetched by the editor, which says who it is. */
export function playerOf(node: EditorNode, kind: 'audio' | 'video'): JQuery {
  const play = button('fa-play', sidebarText('play'), async () => {
    try {
      const settings: JQuery.AjaxSettings = {
        xhrFields: { responseType: 'blob' },
        processData: false,
      };
      const url = URL.createObjectURL(await ask<Blob>(`${lastResult(node)}/media`, settings));
      $(`<${kind} controls autoplay>`)
        .attr({ src: url, 'aria-label': sidebarText('play') })
        .on('loadeddata', () => URL.revokeObjectURL(url))
        .replaceAll(play);
    } catch (error) {
      const { status } = error as FailedRequest;
      RED.notify($('<span>').text(problem({ status })).html(), 'error');
    }
  });
  return $('<div class="lipwire-preview-player">').append(play);
}

/** An element of SVG. */
export function svg(
  name: string,
  attributes: Record<string, string | number>,
  ...children: (string | Element)[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, `${value}`);
  element.append(...children);
  return element;
}

/** A straight line of a chart. */
export const line = (
  type: string,
  [x1, y1]: number[],
  [x2, y2]: number[],
  more: Record<string, number> = {},
): SVGElement => svg('line', { class: type, x1, y1, x2, y2, ...more });

/** Lines between the points that are there; a point alone is a dot. */
export function pathOf(points: ([number, number] | undefined)[]): string {
  let isDown = false;
  return points
    .map((point, i) => {
      const move = isDown ? 'L' : 'M';
      isDown = point !== undefined;
      if (!point) return '';
      const [x, y] = point.map((each) => each.toFixed(1));
      return `${move}${x} ${y}${move === 'M' && !points[i + 1] ? 'h0.1' : ''}`;
    })
    .join('');
}

/** What the lines of a chart are. */
export function legendOf(entries: { type: string; path: string; words: string }[]): JQuery {
  return $('<div class="lipwire-legend">').append(
    entries.map(({ type, path, words }) =>
      $('<span>').append(
        svg(
          'svg',
          { viewBox: '0 0 26 10', 'aria-hidden': 'true' },
          svg('path', { class: type, d: path }),
        ),
        $('<span>').text(words),
      ),
    ),
  );
}

/** A picture that came as JPEG. */
export const imageOf = (
  { jpeg, width, height }: { jpeg: string; width: number; height: number },
  alt: string,
): JQuery => $('<img>').attr({ src: `data:image/jpeg;base64,${jpeg}`, alt, width, height });

/** With a real minus. */
export const minus = (value: number | string): string => String(value).replace('-', '\u2212');
