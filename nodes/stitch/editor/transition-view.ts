/** Moving pictures of what stitch's transitions do. */
import { textsOf } from '../../shared/editor/parts';
import { transitions, type Colour, type Pixels } from './transitions';

const text = textsOf('stitch', 'preview.');
/** The options have no texts yet when a dialog is prepared. */
const nameOf = textsOf('stitch', 'transition.');

const [WIDTH, HEIGHT] = [96, 54];
/** Milliseconds: the transition, and how long each picture rests; and between two frames. */
const [MOVES, RESTS, FRAME] = [1400, 600, 60];
/** What is shown instead to those who want no movement: how much is left of the first picture. */
const STILLS = [0.75, 0.5, 0.25];

const isCalm = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

const canvasOf = (): JQuery<HTMLCanvasElement> =>
  $<HTMLCanvasElement>('<canvas aria-hidden="true">').attr({ width: WIDTH, height: HEIGHT });

function contextOf(canvas: JQuery<HTMLCanvasElement>): CanvasRenderingContext2D {
  const context = canvas[0].getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('Expected a canvas with two dimensions.');
  return context;
}

/** A coloured card with a number on it. */
function card(colour: string, ink: string, words: string): Pixels {
  const context = contextOf(canvasOf());
  context.fillStyle = colour;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = ink;
  context.font = 'bold 34px sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(words, WIDTH / 2, HEIGHT / 2 + 2);
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  return (x, y): Colour => {
    const at = 4 * (Math.floor(y) * WIDTH + Math.floor(x));
    return [data[at], data[at + 1], data[at + 2]];
  };
}

/** Shows the chosen transition, and all of them to choose from. */
export function showTransitions(place: JQuery): void {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--red-ui-${name}`).trim();
  const paper = colour('secondary-background');
  const a = card(colour('text-color-success'), paper, '1');
  const b = card(colour('primary-text-color'), paper, '2');

  function paint(canvas: JQuery<HTMLCanvasElement>, name: string, left: number): void {
    const context = contextOf(canvas);
    const image = context.createImageData(WIDTH, HEIGHT);
    const pixel = transitions[name] ?? transitions['cut'];
    for (let y = 0, at = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++, at += 4) {
        image.data.set([...pixel({ x, y, w: WIDTH, h: HEIGHT, left, a, b }), 255], at);
      }
    }
    context.putImageData(image, 0, 0);
  }

  const setting = $('#node-input-transition');
  const moving = canvasOf();
  const stills = STILLS.map(canvasOf);
  const picture = $('<div class="lipwire-transition-picture" role="img">').append(moving, stills);
  const grid = $('<div class="lipwire-transition-grid">');
  const all = $('<details>').append($('<summary>').text(text('all')), grid);
  place.addClass('lipwire-transition').append(picture, all);

  const options = $('#node-input-transition-choice').find<HTMLOptionElement>('option').get();
  // An imported flow may name another one.
  const names = options.map(({ value }) => value).filter((name) => name in transitions);
  const choices = names.map((name) => {
    const canvas = canvasOf();
    const button = $('<button type="button" class="red-ui-button">')
      .append(canvas, $('<span>').text(nameOf(name)))
      .on('click', () => setting.typedInput('type', 'choice').typedInput('value', name))
      .appendTo(grid);
    // Half way each one shows what it is, also where nothing moves.
    paint(canvas, name, name === 'cut' ? 1 : 0.5);
    return { name, canvas, button };
  });

  function update(): void {
    const chosen = String(setting.val());
    // Where it comes from a message, nobody knows yet what it is.
    picture.toggle(names.includes(chosen));
    picture.attr('aria-label', text('transition', { name: nameOf(chosen) }));
    moving.toggle(!isCalm());
    stills.forEach((still, i) => {
      still.toggle(isCalm());
      paint(still, chosen, STILLS[i]);
    });
    for (const { name, button } of choices) button.attr('aria-pressed', String(name === chosen));
  }
  setting.on('change', update);
  update();

  let drawnAt = -Infinity;
  const isSeen = (canvas: JQuery): boolean => {
    const { top, bottom } = canvas[0].getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  };
  /** Draws while the dialog is open, and only what can be seen. */
  function frame(now: number): void {
    if (!document.contains(place[0])) return;
    requestAnimationFrame(frame);
    if (now - drawnAt < FRAME || isCalm()) return;
    drawnAt = now;
    // What is left of the first picture; after a rest, it moves again.
    const left = Math.min(1, Math.max(0, 1 - ((now % (MOVES + 2 * RESTS)) - RESTS) / MOVES));
    paint(moving, String(setting.val()), left);
    if (!all.prop('open')) return;
    for (const { name, canvas } of choices) if (isSeen(canvas)) paint(canvas, name, left);
  }
  requestAnimationFrame(frame);
}
