/*
 * The kiosk page of a URL path: a screen on the wall that plays what is published under the path, in
 * order, as it is published, and shows the idle portrait between. What to play comes as server-sent
 * events from `kiosk-events`:
 *
 *   hello     what to show before anything happens: an item, or null
 *   idle      an item to show, muted and in a loop, between the others
 *   announce  an item to play: {id, title, video, poster, duration, priority, slides, idle}
 *   clear     stop, and forget what waits
 *
 * `?report` sends each change of state as JSON to `state` beside the page, where an http in node of
 * the flow can take it; `?screen=hall` says which screen it is. `?lang=de` says in which language the
 * page speaks, where that is not the browser's; its texts are those of the watch page.
 */
(() => {
  'use strict';

  /** Milliseconds without progress before a video is given up. */
  const STALLED = 15_000;
  /** Milliseconds before the first and the later attempts to connect anew. */
  const PATIENCE = 2000;
  const MOST_PATIENCE = 20_000;
  /** Milliseconds without a connection before the page says so. */
  const LOST = 10_000;
  /** Seconds that an interrupted video goes back. */
  const REWIND = 1;

  const { text } = window.lipwireTexts;
  const options = new URLSearchParams(location.search);
  const find = (id) => document.getElementById(id);
  const idle = find('idle');
  const takes = Array.from(document.querySelectorAll('.take'));

  /** What waits: {item, from}, the next one first. */
  let queue = [];
  /** What is played: {item, from, video, watchdog, isShown}. */
  let playing = null;
  /** What is shown between. */
  let standing = null;
  let isMuted = false;
  let lostTimer = 0;
  let patience = PATIENCE;
  /** Of the last event that came. */
  let lastId = '';
  let lastReport = '';
  let reporting = Promise.resolve();

  // --- The queue

  function announce(item) {
    put({ item, from: 0 }, false);
    if (!playing) playNext();
    else if (item.priority > playing.item.priority) interrupt();
    else prepareNext();
    // What has just been begun is reported when it is seen.
    if (playing && playing.isShown) report();
  }

  /** Behind those of the same priority, or, for one that was interrupted, before them. */
  function put(entry, isFirst) {
    const { priority } = entry.item;
    const index = queue.findIndex(({ item }) =>
      isFirst ? item.priority <= priority : item.priority < priority,
    );
    queue.splice(index < 0 ? queue.length : index, 0, entry);
  }

  function interrupt() {
    const { item, video } = playing;
    const from = Math.max(0, video.currentTime - REWIND);
    leave();
    put({ item, from }, true);
    playNext();
  }

  function clear() {
    queue = [];
    if (playing) leave();
    rest();
  }

  // --- Playing

  function playNext() {
    const entry = queue.shift();
    if (!entry) return rest();
    const video = prepared(entry) || load(spare(), entry);
    playing = { ...entry, video, watchdog: setTimeout(next, STALLED) };
    start(video, entry.from);
  }

  function start(video, from) {
    const mine = playing;
    if (from > 0) video.currentTime = from;
    video.muted = isMuted;
    video.play().then(
      () => playing === mine && show(video),
      (error) => {
        if (playing !== mine) return;
        // Browsers let a page make sound only after somebody touched it, or when they are told to.
        if (error.name !== 'NotAllowedError' || video.muted) return next();
        isMuted = true;
        find('sound').hidden = false;
        start(video, from);
      },
    );
  }

  function show(video) {
    playing.isShown = true;
    for (const take of takes) take.classList.toggle('front', take === video);
    find('notice').hidden = true;
    showSlide();
    prepareNext();
    report();
  }

  /** The video ended, or cannot be played. */
  function next() {
    leave();
    playNext();
  }

  function leave() {
    clearTimeout(playing.watchdog);
    playing.video.pause();
    playing = null;
  }

  function rest() {
    for (const take of takes) take.classList.remove('front');
    showSlide();
    report();
  }

  /** Loads what comes next into the element that is not seen. */
  function prepareNext() {
    if (playing && queue[0] && !prepared(queue[0])) load(spare(), queue[0]);
  }

  function spare() {
    const free = takes.filter((take) => !playing || take !== playing.video);
    return free.find((take) => !take.matches('.front')) || free[0];
  }

  function prepared({ item }) {
    const isFor = (take) => take.dataset.item === String(item.id) && !take.error;
    return takes.find((take) => (!playing || take !== playing.video) && isFor(take) && !take.ended);
  }

  function load(video, { item, from }) {
    video.dataset.item = item.id;
    video.setAttribute('aria-label', item.title || text('announcement'));
    video.src = item.video;
    video.load();
    if (from > 0) video.currentTime = from;
    return video;
  }

  for (const take of takes) {
    const isPlaying = () => playing && playing.video === take;
    take.addEventListener('ended', () => isPlaying() && next());
    take.addEventListener('error', () => isPlaying() && next());
    take.addEventListener('timeupdate', () => {
      if (!isPlaying()) return;
      clearTimeout(playing.watchdog);
      playing.watchdog = setTimeout(next, STALLED);
      showSlide();
    });
  }

  // --- Between announcements

  function setStanding(item, isLoop) {
    standing = item;
    if (!item) {
      say(text('waiting'));
      return;
    }
    idle.loop = isLoop;
    if (idle.dataset.video !== item.video) {
      idle.dataset.video = item.video;
      idle.poster = item.poster;
      idle.src = item.video;
    }
    // Without an idle video, the first picture of the newest one stands still.
    if (isLoop) idle.play().catch(() => undefined);
    if (find('notice').dataset.kind !== 'lost') find('notice').hidden = true;
  }

  function showSlide() {
    const image = find('slide');
    const time = playing ? playing.video.currentTime : 0;
    const slides = playing ? playing.item.slides : [];
    const slide = slides.filter(({ start }) => start <= time + 0.05).pop();
    if (slide && image.getAttribute('src') !== slide.picture) image.src = slide.picture;
    image.hidden = !slide;
    document.body.classList.toggle('with-slide', Boolean(slide));
  }

  // --- What the page says

  function say(sentence, kind = '') {
    find('notice').textContent = sentence;
    find('notice').dataset.kind = kind;
    find('notice').hidden = false;
  }

  /** One after the other, so that they arrive in the order in which things happened. */
  function report() {
    if (!options.has('report')) return;
    const { item } = playing || {};
    const state = {
      screen: options.get('screen') || '',
      state: playing ? 'playing' : 'idle',
      queued: queue.length,
      muted: isMuted,
      title: item ? item.title : '',
      video: item ? new URL(item.video, location.href).pathname : '',
    };
    const body = JSON.stringify(state);
    if (body === lastReport) return;
    lastReport = body;
    const headers = { 'content-type': 'application/json' };
    const send = () => fetch('state', { method: 'POST', headers, body, keepalive: true });
    reporting = reporting.then(send).catch(() => undefined);
  }

  function allowSound() {
    isMuted = false;
    find('sound').hidden = true;
    if (playing) playing.video.muted = false;
    report();
  }

  async function keepAwake() {
    if (!navigator.wakeLock || document.visibilityState !== 'visible') return;
    await navigator.wakeLock.request('screen').catch(() => undefined);
  }

  // --- What the server says

  function listen() {
    const events = new EventSource(`kiosk-events?after=${encodeURIComponent(lastId)}`);
    const on = (type, act) =>
      events.addEventListener(type, ({ data, lastEventId }) => {
        lastId = lastEventId || lastId;
        act(JSON.parse(data));
      });
    on('hello', (item) => setStanding(item || standing, item ? item.idle : idle.loop));
    on('idle', (item) => setStanding(item, true));
    on('announce', (item) => {
      if (!standing || !idle.loop) setStanding(item, false);
      announce(item);
    });
    on('clear', clear);
    on('ready', report);
    events.onopen = () => {
      patience = PATIENCE;
      clearTimeout(lostTimer);
      lostTimer = 0;
      if (find('notice').dataset.kind !== 'lost') return;
      find('notice').dataset.kind = '';
      find('notice').hidden = true;
      if (!standing) say(text('waiting'));
    };
    events.onerror = () => {
      lostTimer = lostTimer || setTimeout(() => say(text('lost'), 'lost'), LOST);
      // A browser gives up for good after an answer that is no stream, as while Node-RED starts.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(listen, patience);
      patience = Math.min(2 * patience, MOST_PATIENCE);
    };
  }

  for (const type of ['pointerdown', 'keydown']) document.addEventListener(type, allowSound);
  document.addEventListener('visibilitychange', keepAwake);
  keepAwake();
  listen();
})();
