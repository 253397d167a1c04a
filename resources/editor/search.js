/* What of a long list fits what somebody typed. */
window.lipwireSearch =
  window.lipwireSearch ||
  (function () {
    /** For comparing: without capitals and accents. */
    function fold(text) {
      return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    }

    /** What is looked in: all that an item says. */
    const wordsOf = ({ title, value, group, search }) =>
      fold([title, value, group, search].filter(Boolean).join(' '));

    /** Those items in whose words each typed word stands; first those that begin so. */
    function matching(items, query) {
      const words = fold(query).split(/\s+/).filter(Boolean);
      const found = items
        .map((item) => ({ item, own: wordsOf(item) }))
        .filter(({ own }) => words.every((word) => own.includes(word)));
      const starts = ({ own, item }) =>
        fold(item.value) === fold(query) || own.startsWith(fold(query));
      return found
        .filter(starts)
        .concat(found.filter((each) => !starts(each)))
        .map(({ item }) => item);
    }

    return { fold, matching };
  })();
