/* What the kiosk page shows beside the announcements: the idle portrait, slides, and sentences. */
window.lipwireKioskBetween = (() => {
  'use strict';

  const { text } = window.lipwireTexts;
  const find = (id) => document.getElementById(id);
  const idle = find('idle');
  const notice = find('notice');

  /** What is shown between. */
  let standing = null;

  function set(item, isLoop) {
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
    if (notice.dataset.kind !== 'lost') notice.hidden = true;
  }

  /** The first thing that the server says: what to show before anything happens, if it knows it. */
  function hello(item) {
    set(item || standing, item ? item.idle : idle.loop);
  }

  /** Where there is no idle video, what is announced takes its place. */
  function announce(item) {
    if (!standing || !idle.loop) set(item, false);
  }

  /** The slide of what is played, at the time where it is; none for null. */
  function showSlide(playing) {
    const image = find('slide');
    const time = playing ? playing.video.currentTime : 0;
    const slides = playing ? playing.item.slides : [];
    const slide = slides.filter(({ start }) => start <= time + 0.05).pop();
    if (slide && image.getAttribute('src') !== slide.picture) image.src = slide.picture;
    image.hidden = !slide;
    document.body.classList.toggle('with-slide', Boolean(slide));
  }

  function say(sentence, kind = '') {
    notice.textContent = sentence;
    notice.dataset.kind = kind;
    notice.hidden = false;
  }

  function lost() {
    say(text('lost'), 'lost');
  }

  /** The connection is there again. */
  function found() {
    if (notice.dataset.kind !== 'lost') return;
    notice.dataset.kind = '';
    notice.hidden = true;
    if (!standing) say(text('waiting'));
  }

  return { set, hello, announce, showSlide, lost, found };
})();
