/* The two video elements of the kiosk page: one plays while the other loads what comes next. */
window.lipwireKioskTakes = (() => {
  'use strict';

  const { text } = window.lipwireTexts;
  const takes = Array.from(document.querySelectorAll('.take'));

  /** What stands in front, with nothing else; null for neither. */
  function show(video) {
    for (const take of takes) take.classList.toggle('front', take === video);
  }

  /** The element that has loaded an entry already, if it is not the one in use. */
  function prepared({ item }, used) {
    const isFor = (take) => take.dataset.item === String(item.id) && !take.error;
    return takes.find((take) => take !== used && isFor(take) && !take.ended);
  }

  /** Loads an entry into an element that is not in use, best into one that is not seen. */
  function load({ item, from }, used) {
    const free = takes.filter((take) => take !== used);
    const video = free.find((take) => !take.matches('.front')) || free[0];
    video.dataset.item = item.id;
    video.setAttribute('aria-label', item.title || text('announcement'));
    video.src = item.video;
    video.load();
    if (from > 0) video.currentTime = from;
    return video;
  }

  function on(type, act) {
    for (const take of takes) take.addEventListener(type, () => act(take));
  }

  return { show, prepared, load, on };
})();
