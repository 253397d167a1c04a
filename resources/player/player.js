/*
 * The watch page. What to play is in stream.json beside it: {playlist, poster, title?, video?, width?,
 * height?, slides?}, with URLs relative to the page. `slides` are pictures behind the speaker, each
 * from a time on: [{picture, start}]. `?kiosk` fills the screen, muted and in a loop, until
 * somebody touches it; then there is sound. What it says is in texts.js.
 */
(() => {
  'use strict';

  const MIME = 'application/vnd.apple.mpegurl';
  const DEFAULTS = { playlist: 'master.m3u8', poster: 'poster.jpg' };
  /** Milliseconds before a kiosk, which nobody looks after, tries again by itself. */
  const KIOSK_RETRY = 5000;

  const { text } = window.lipwireTexts;
  const isKiosk = new URLSearchParams(location.search).has('kiosk');
  const find = (id) => document.getElementById(id);
  const video = find('video');
  let stream = DEFAULTS;
  let player = null;
  let recoveries = 0;
  let retryTimer = 0;

  /** What is to be played; a folder without stream.json still plays by the usual names. */
  async function describe() {
    try {
      const response = await fetch('stream.json', { cache: 'no-cache' });
      if (response.ok) return { ...DEFAULTS, ...(await response.json()) };
    } catch {
      // The playlist will tell whether the server is there.
    }
    return DEFAULTS;
  }

  function prepare() {
    document.documentElement.classList.toggle('kiosk', isKiosk);
    video.controls = !isKiosk;
    video.loop = isKiosk;
    video.muted = isKiosk;
    video.autoplay = isKiosk;
    if (!isKiosk) return;
    const unmute = () => {
      video.muted = false;
      video.play().catch(() => undefined);
    };
    for (const type of ['pointerdown', 'keydown']) {
      document.addEventListener(type, unmute, { once: true });
    }
  }

  function show() {
    if (stream.title) {
      document.title = stream.title;
      find('title').textContent = stream.title;
      video.setAttribute('aria-label', stream.title);
    }
    if (stream.width > 0 && stream.height > 0) {
      video.width = stream.width;
      video.height = stream.height;
    }
    if (stream.poster) video.poster = stream.poster;
    if (stream.video) {
      find('download').href = stream.video;
      find('download').hidden = isKiosk;
    }
  }

  /** Picture and speaker together; the video's own full screen would show the speaker alone. */
  function prepareSlides() {
    if (!Array.isArray(stream.slides) || stream.slides.length === 0) return;
    for (const type of ['timeupdate', 'seeking', 'loadedmetadata']) {
      video.addEventListener(type, showSlide);
    }
    video.setAttribute('controlslist', 'nofullscreen');
    video.disablePictureInPicture = true;
    find('full').hidden = isKiosk || !document.fullscreenEnabled;
    find('full').addEventListener('click', () => find('stage').requestFullscreen());
    showSlide();
  }

  function showSlide() {
    const slide = stream.slides.filter(({ start }) => start <= video.currentTime + 0.05).pop();
    const image = find('slide');
    if (slide && image.getAttribute('src') !== slide.picture) image.src = slide.picture;
    image.hidden = !slide;
    find('stage').classList.toggle('with-slide', Boolean(slide));
  }

  /** Safari plays HLS itself, with AirPlay and its own captions menu; all others need hls.js. */
  function playsNatively() {
    const isSafari = /^Apple/.test(navigator.vendor);
    return video.canPlayType(MIME) !== '' && (isSafari || !hasHls());
  }

  function hasHls() {
    return Boolean(window.Hls && window.Hls.isSupported());
  }

  function load() {
    clearTimeout(retryTimer);
    find('problem').hidden = true;
    if (player) player.destroy();
    player = null;
    if (playsNatively()) {
      video.src = stream.playlist;
      video.load();
      start();
    } else if (hasHls()) {
      loadWithHls();
    } else {
      fail(text('oldBrowser'));
    }
  }

  function loadWithHls() {
    const { Hls } = window;
    player = new Hls({ capLevelToPlayerSize: true, enableWebVTT: true });
    player.on(Hls.Events.ERROR, (_event, data) => data.fatal && recover(data));
    player.on(Hls.Events.MANIFEST_PARSED, start);
    player.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, showCaptionsButton);
    player.on(Hls.Events.FRAG_BUFFERED, () => (recoveries = 0));
    player.loadSource(stream.playlist);
    player.attachMedia(video);
  }

  function start() {
    // Without a gesture a browser may refuse; the controls are there then.
    if (isKiosk) video.play().catch(() => undefined);
  }

  function recover(data) {
    const { Hls } = window;
    recoveries += 1;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries === 1) {
      player.recoverMediaError();
      return;
    }
    const status = data.response && data.response.code;
    if (status === 404) fail(text('gone'));
    else if (data.type === Hls.ErrorTypes.NETWORK_ERROR) fail(text('notLoaded'));
    else fail(text('notPlayed'));
  }

  function fail(sentence) {
    find('problem-text').textContent = sentence;
    find('problem').hidden = false;
    clearTimeout(retryTimer);
    if (isKiosk) retryTimer = setTimeout(load, KIOSK_RETRY);
  }

  function hasCaptions() {
    return player ? player.subtitleTracks.length > 0 : textTracks().length > 0;
  }

  function textTracks() {
    return Array.from(video.textTracks).filter(({ kind }) => kind !== 'metadata');
  }

  function showCaptionsButton() {
    find('captions').hidden = !hasCaptions();
  }

  function toggleCaptions() {
    const button = find('captions');
    const isOn = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(isOn));
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
  function followCaptions() {
    const isOn = textTracks().some(({ mode }) => mode === 'showing');
    find('captions').setAttribute('aria-pressed', String(isOn));
    showCaptionsButton();
  }

  async function open() {
    prepare();
    find('retry').addEventListener('click', load);
    find('captions').addEventListener('click', toggleCaptions);
    video.textTracks.addEventListener('addtrack', showCaptionsButton);
    video.textTracks.addEventListener('change', followCaptions);
    video.addEventListener('error', () => {
      if (!player && video.error) fail(text('notPlayed'));
    });
    stream = await describe();
    show();
    prepareSlides();
    load();
  }

  open();
})();
