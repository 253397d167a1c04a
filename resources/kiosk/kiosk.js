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
  /** Seconds that an interrupted video goes back. */
  const REWIND = 1;

  const takes = window.lipwireKioskTakes;
  const between = window.lipwireKioskBetween;
  const find = (id) => document.getElementById(id);

  /** What waits: {item, from}, the next one first. */
  let queue = [];
  /** What is played: {item, from, video, watchdog, isShown}. */
  let playing = null;
  let isMuted = false;

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
    const video = takes.prepared(entry) || takes.load(entry);
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
    takes.show(video);
    find('notice').hidden = true;
    between.showSlide(playing);
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
    takes.show(null);
    between.showSlide(playing);
    report();
  }

  /** Loads what comes next into the element that is not seen. */
  function prepareNext() {
    if (!playing || !queue[0]) return;
    if (!takes.prepared(queue[0], playing.video)) takes.load(queue[0], playing.video);
  }

  const isPlaying = (take) => playing && playing.video === take;
  takes.on('ended', (take) => isPlaying(take) && next());
  takes.on('error', (take) => isPlaying(take) && next());
  takes.on('timeupdate', (take) => {
    if (!isPlaying(take)) return;
    clearTimeout(playing.watchdog);
    playing.watchdog = setTimeout(next, STALLED);
    between.showSlide(playing);
  });

  // --- What the page says and hears

  function report() {
    const item = playing ? playing.item : undefined;
    window.lipwireKioskReports.report({ item, queued: queue.length, muted: isMuted });
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

  const acts = {
    hello: between.hello,
    idle: (item) => between.set(item, true),
    announce(item) {
      between.announce(item);
      announce(item);
    },
    clear,
    ready: report,
  };

  for (const type of ['pointerdown', 'keydown']) document.addEventListener(type, allowSound);
  document.addEventListener('visibilitychange', keepAwake);
  keepAwake();
  window.lipwireKioskConnection.listen(acts, {
    opened: between.found,
    lost: between.lost,
  });
})();
