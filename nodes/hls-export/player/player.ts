/**
 * The watch page. What to play is in stream.json beside it. `?kiosk` fills the screen, muted and in a
 * loop, until somebody touches it; then there is sound.
 */
import Hls, { type ErrorData } from 'hls.js';
import type { StreamDescription } from '../publication';
import { translatePage } from './texts';

const MIME = 'application/vnd.apple.mpegurl';
const DEFAULTS: Partial<StreamDescription> = { playlist: 'master.m3u8', poster: 'poster.jpg' };
/** Milliseconds before a kiosk, which nobody looks after, tries again by itself. */
const KIOSK_RETRY = 5000;

const text = translatePage();
const isKiosk = new URLSearchParams(location.search).has('kiosk');
const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const video = find<HTMLVideoElement>('video');
const captions = find('captions');
let stream = DEFAULTS;
let player: Hls | undefined;
let recoveries = 0;
let retryTimer = 0;

/** What is to be played; a folder without stream.json still plays by the usual names. */
async function describe(): Promise<Partial<StreamDescription>> {
  try {
    const response = await fetch('stream.json', { cache: 'no-cache' });
    if (response.ok) return { ...DEFAULTS, ...((await response.json()) as StreamDescription) };
  } catch {
    // The playlist will tell whether the server is there.
  }
  return DEFAULTS;
}

function prepare(): void {
  document.documentElement.classList.toggle('kiosk', isKiosk);
  video.controls = !isKiosk;
  video.loop = isKiosk;
  video.muted = isKiosk;
  video.autoplay = isKiosk;
  if (!isKiosk) return;
  const unmute = (): void => {
    video.muted = false;
    video.play().catch(() => undefined);
  };
  for (const type of ['pointerdown', 'keydown']) {
    document.addEventListener(type, unmute, { once: true });
  }
}

function show({ title, width = 0, height = 0, poster, video: mp4 }: typeof stream): void {
  if (title) {
    document.title = title;
    find('title').textContent = title;
    video.setAttribute('aria-label', title);
  }
  if (width > 0 && height > 0) Object.assign(video, { width, height });
  if (poster) video.poster = poster;
  if (mp4) {
    const download = find<HTMLAnchorElement>('download');
    download.href = mp4;
    download.hidden = isKiosk;
  }
}

/** Slide and speaker together; the video's own full screen would show the speaker alone. */
function prepareSlides({ slides }: typeof stream): void {
  if (!Array.isArray(slides) || slides.length === 0) return;
  const stage = find('stage');
  const image = find<HTMLImageElement>('slide');
  const showSlide = (): void => {
    const slide = slides.filter(({ start }) => start <= video.currentTime + 0.05).pop();
    if (slide && image.getAttribute('src') !== slide.picture) image.src = slide.picture;
    image.hidden = !slide;
    stage.classList.toggle('with-slide', Boolean(slide));
  };
  for (const type of ['timeupdate', 'seeking', 'loadedmetadata']) {
    video.addEventListener(type, showSlide);
  }
  video.setAttribute('controlslist', 'nofullscreen');
  video.disablePictureInPicture = true;
  const full = find('full');
  full.hidden = isKiosk || !document.fullscreenEnabled;
  full.addEventListener('click', () => void stage.requestFullscreen());
  showSlide();
}

/** Safari plays HLS itself, with AirPlay and its own captions menu; all others need hls.js. */
function playsNatively(): boolean {
  const isSafari = /^Apple/.test(navigator.vendor);
  return video.canPlayType(MIME) !== '' && (isSafari || !Hls.isSupported());
}

function load(): void {
  clearTimeout(retryTimer);
  find('problem').hidden = true;
  player?.destroy();
  player = undefined;
  const { playlist = '' } = stream;
  if (playsNatively()) {
    video.src = playlist;
    video.load();
    start();
  } else if (Hls.isSupported()) {
    player = loadWithHls(playlist);
  } else {
    fail(text('oldBrowser'));
  }
}

function loadWithHls(playlist: string): Hls {
  const hls = new Hls({ capLevelToPlayerSize: true, enableWebVTT: true });
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (data.fatal) recover(hls, data);
  });
  hls.on(Hls.Events.MANIFEST_PARSED, start);
  hls.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, showCaptionsButton);
  hls.on(Hls.Events.FRAG_BUFFERED, () => (recoveries = 0));
  hls.loadSource(playlist);
  hls.attachMedia(video);
  return hls;
}

function start(): void {
  // Without a gesture a browser may refuse; the controls are there then.
  if (isKiosk) video.play().catch(() => undefined);
}

function recover(hls: Hls, { type, response }: ErrorData): void {
  recoveries += 1;
  if (type === Hls.ErrorTypes.MEDIA_ERROR && recoveries === 1) hls.recoverMediaError();
  else if (response?.code === 404) fail(text('gone'));
  else fail(text(type === Hls.ErrorTypes.NETWORK_ERROR ? 'notLoaded' : 'notPlayed'));
}

function fail(sentence: string): void {
  find('problem-text').textContent = sentence;
  find('problem').hidden = false;
  clearTimeout(retryTimer);
  if (isKiosk) retryTimer = window.setTimeout(load, KIOSK_RETRY);
}

function textTracks(): TextTrack[] {
  return [...video.textTracks].filter(({ kind }) => kind !== 'metadata');
}

function showCaptionsButton(): void {
  captions.hidden = (player?.subtitleTracks ?? textTracks()).length === 0;
}

function toggleCaptions(): void {
  const isOn = captions.getAttribute('aria-pressed') !== 'true';
  captions.setAttribute('aria-pressed', String(isOn));
  if (player) {
    player.subtitleDisplay = isOn;
    player.subtitleTrack = isOn ? 0 : -1;
  } else {
    textTracks().forEach((track, index) => {
      track.mode = isOn && index === 0 ? 'showing' : 'disabled';
    });
  }
}

/** The browser's own menu can switch captions too. */
function followCaptions(): void {
  const isOn = textTracks().some(({ mode }) => mode === 'showing');
  captions.setAttribute('aria-pressed', String(isOn));
  showCaptionsButton();
}

async function open(): Promise<void> {
  prepare();
  find('retry').addEventListener('click', load);
  captions.addEventListener('click', toggleCaptions);
  video.textTracks.addEventListener('addtrack', showCaptionsButton);
  video.textTracks.addEventListener('change', followCaptions);
  video.addEventListener('error', () => {
    if (!player && video.error) fail(text('notPlayed'));
  });
  stream = await describe();
  show(stream);
  prepareSlides(stream);
  load();
}

void open();
