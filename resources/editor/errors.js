/* What an error of Lipwire says to somebody who works in the editor. Loading it again does nothing. */
window.lipwireError =
  window.lipwireError ||
  (function () {
    const KEY = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.explain.';

    /**
     * The error's own sentence, which is English and has the facts; in other languages, first what its
     * code means. Undefined where there is no sentence.
     */
    return function (error) {
      if (!error || !error.message) return undefined;
      if (!error.code || /^en\b/i.test(RED.i18n.lang())) return error.message;
      const meaning = RED._(KEY + error.code);
      // A code of a later version has no text: then the key comes back.
      return meaning.endsWith(error.code) ? error.message : meaning + ' – ' + error.message;
    };
  })();
