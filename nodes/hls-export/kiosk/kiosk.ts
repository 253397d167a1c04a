/**
 * The kiosk page of a URL path: a screen on the wall that plays what is published under the path, in
 * order, as it is published, and shows the idle portrait between. What to play comes as server-sent
 * events from `kiosk-events`:
 *
 *   hello     what to show before anything happens: an item, or null
 *   idle      an item to show, muted and in a loop, between the others
 *   announce  an item to play
 *   clear     stop, and forget what waits
 *   ready     what was missed has been told
 *
 * `?report` sends each change of state as JSON to `state` beside the page, where an http in node of
 * the flow can take it; `?screen=hall` says which screen it is, `?lang=de` in which language the page
 * speaks, where that is not the browser's.
 */
import type { KioskItem } from '../serve-kiosk';
import { translatePage } from '../player/texts';

/** Milliseconds without progress before a video is given up. */
const STALLED = 15_000;
/** Seconds that an interrupted video goes back. */
const REWIND = 1;
/** Milliseconds before the first and the later attempts to connect anew. */
const PATIENCE = 2000;
const MOST_PATIENCE = 20_000;
/** Milliseconds without a connection before it is called lost. */
const LOST = 10_000;

/** An item that waits; it is played from that second on. */
interface Entry {
  item: KioskItem;
  from: number;
}

interface Playing extends Entry {
  video: HTMLVideoElement;
  watchdog: number;
  isShown?: true;
}

const text = translatePage();
const options = new URLSearchParams(location.search);
const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const idle = find<HTMLVideoElement>('idle');
const notice = find('notice');
/** One plays while the other loads what comes next. */
const takes = [...document.querySelectorAll<HTMLVideoElement>('.take')];

/** The next one first. */
let queue: Entry[] = [];
let playing: Playing | undefined;
let isMuted = false;

// --- The queue

function announce(item: KioskItem): void {
  // Without an idle video, the first picture of the newest one stands between.
  if (!standing || !idle.loop) setStanding(item, false);
  put({ item, from: 0 }, false);
  if (!playing) playNext();
  else if (item.priority > playing.item.priority) interrupt(playing);
  else prepareNext();
  // What has just been begun is reported when it is seen.
  if (playing?.isShown) report();
}

/** Behind those of the same priority, or, for one that was interrupted, before them. */
function put(entry: Entry, isFirst: boolean): void {
  const { priority } = entry.item;
  const index = queue.findIndex(({ item }) =>
    isFirst ? item.priority <= priority : item.priority < priority,
  );
  queue.splice(index < 0 ? queue.length : index, 0, entry);
}

function interrupt({ item, video }: Playing): void {
  const from = Math.max(0, video.currentTime - REWIND);
  leave();
  put({ item, from }, true);
  playNext();
}

function clear(): void {
  queue = [];
  leave();
  rest();
}

// --- Playing

function playNext(): void {
  const entry = queue.shift();
  if (!entry) return rest();
  const video = prepared(entry) ?? preload(entry);
  playing = { ...entry, video, watchdog: window.setTimeout(next, STALLED) };
  start(playing);
}

function start(mine: Playing): void {
  const { video, from } = mine;
  if (from > 0) video.currentTime = from;
  video.muted = isMuted;
  video.play().then(
    () => playing === mine && show(mine),
    (error: Error) => {
      if (playing !== mine) return;
      // Browsers let a page make sound only after somebody touched it, or when they are told to.
      if (error.name !== 'NotAllowedError' || video.muted) return next();
      isMuted = true;
      find('sound').hidden = false;
      start(mine);
    },
  );
}

function show(mine: Playing): void {
  mine.isShown = true;
  bringToFront(mine.video);
  notice.hidden = true;
  showSlide();
  prepareNext();
  report();
}

/** The video ended, or cannot be played. */
function next(): void {
  leave();
  playNext();
}

function leave(): void {
  clearTimeout(playing?.watchdog);
  playing?.video.pause();
  playing = undefined;
}

function rest(): void {
  bringToFront(undefined);
  showSlide();
  report();
}

/** Loads what comes next into the element that is not seen. */
function prepareNext(): void {
  const [entry] = queue;
  if (playing && entry && !prepared(entry, playing.video)) preload(entry, playing.video);
}

function bringToFront(video: HTMLVideoElement | undefined): void {
  for (const take of takes) take.classList.toggle('front', take === video);
}

/** The element that has loaded an entry already, if it is not the one in use. */
function prepared({ item }: Entry, used?: HTMLVideoElement): HTMLVideoElement | undefined {
  const isFor = (take: HTMLVideoElement): boolean =>
    take.dataset['item'] === String(item.id) && !take.error;
  return takes.find((take) => take !== used && isFor(take) && !take.ended);
}

/** Loads an entry into an element that is not in use, best into one that is not seen. */
function preload({ item, from }: Entry, used?: HTMLVideoElement): HTMLVideoElement {
  const [first, ...others] = takes.filter((take) => take !== used);
  const video = [first, ...others].find((take) => !take.matches('.front')) ?? first;
  video.dataset['item'] = String(item.id);
  video.setAttribute('aria-label', item.title || text('announcement'));
  video.src = item.video;
  video.load();
  if (from > 0) video.currentTime = from;
  return video;
}

for (const take of takes) {
  const nextFrom = (): void => {
    if (playing?.video === take) next();
  };
  take.addEventListener('ended', nextFrom);
  take.addEventListener('error', nextFrom);
  take.addEventListener('timeupdate', () => {
    if (playing?.video !== take) return;
    clearTimeout(playing.watchdog);
    playing.watchdog = window.setTimeout(next, STALLED);
    showSlide();
  });
}

// --- What is shown beside the announcements: the idle portrait, slides, and sentences

/** What is shown between. */
let standing: KioskItem | null = null;

function setStanding(item: KioskItem | null, isLoop: boolean): void {
  standing = item;
  if (!item) return say(text('waiting'));
  idle.loop = isLoop;
  if (idle.dataset['video'] !== item.video) {
    idle.dataset['video'] = item.video;
    idle.poster = item.poster;
    idle.src = item.video;
  }
  if (isLoop) idle.play().catch(() => undefined);
  if (notice.dataset['kind'] !== 'lost') notice.hidden = true;
}

/** The slide of what is played, at the time where it is. */
function showSlide(): void {
  const image = find<HTMLImageElement>('slide');
  const { item, video } = playing ?? {};
  const time = (video?.currentTime ?? 0) + 0.05;
  const slide = item?.slides.filter(({ start }) => start <= time).pop();
  if (slide && image.getAttribute('src') !== slide.picture) image.src = slide.picture;
  image.hidden = !slide;
  document.body.classList.toggle('with-slide', Boolean(slide));
}

function say(sentence: string, kind = ''): void {
  notice.textContent = sentence;
  notice.dataset['kind'] = kind;
  notice.hidden = false;
}

// --- What the page says and hears

let lastReport = '';
let reporting: Promise<unknown> = Promise.resolve();

/** Sends each change, one after the other, so that they arrive in the order in which things happened. */
function report(): void {
  if (!options.has('report')) return;
  const item = playing?.item;
  const body = JSON.stringify({
    screen: options.get('screen') ?? '',
    state: item ? 'playing' : 'idle',
    queued: queue.length,
    muted: isMuted,
    title: item?.title ?? '',
    video: item ? new URL(item.video, location.href).pathname : '',
  });
  if (body === lastReport) return;
  lastReport = body;
  const headers = { 'content-type': 'application/json' };
  const send = () => fetch('state', { method: 'POST', headers, body, keepalive: true });
  reporting = reporting.then(send).catch(() => undefined);
}

function allowSound(): void {
  isMuted = false;
  find('sound').hidden = true;
  if (playing) playing.video.muted = false;
  report();
}

async function keepAwake(): Promise<void> {
  // Absent over plain http, whatever the types say.
  const wakeLock = navigator.wakeLock as WakeLock | undefined;
  if (document.visibilityState !== 'visible') return;
  await wakeLock?.request('screen').catch(() => undefined);
}

// --- What the server says

const acts: Record<string, (item: never) => void> = {
  hello: (item: KioskItem | null) => setStanding(item ?? standing, item ? item.idle : idle.loop),
  idle: (item: KioskItem) => setStanding(item, true),
  announce,
  clear,
  ready: report,
};

let lostTimer = 0;
let patience = PATIENCE;
/** Of the last event that came. */
let lastId = '';

/** Follows the events, over a connection that is made anew for as long as it takes. */
function listen(): void {
  const events = new EventSource(`kiosk-events?after=${encodeURIComponent(lastId)}`);
  for (const [type, act] of Object.entries(acts)) {
    events.addEventListener(type, ({ data, lastEventId }: MessageEvent<string>) => {
      lastId = lastEventId || lastId;
      act(JSON.parse(data) as never);
    });
  }
  events.onopen = () => {
    patience = PATIENCE;
    clearTimeout(lostTimer);
    lostTimer = 0;
    if (notice.dataset['kind'] !== 'lost') return;
    notice.dataset['kind'] = '';
    notice.hidden = true;
    if (!standing) say(text('waiting'));
  };
  events.onerror = () => {
    lostTimer ||= window.setTimeout(() => say(text('lost'), 'lost'), LOST);
    // A browser gives up for good after an answer that is no stream, as while Node-RED starts.
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, patience);
    patience = Math.min(2 * patience, MOST_PATIENCE);
  };
}

for (const type of ['pointerdown', 'keydown']) document.addEventListener(type, allowSound);
document.addEventListener('visibilitychange', keepAwake);
void keepAwake();
listen();
