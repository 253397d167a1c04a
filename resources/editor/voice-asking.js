/* What the dialog of tts asks a studio for, and what is said when that fails. */
window.lipwireVoiceAsking =
  window.lipwireVoiceAsking ||
  (function () {
    const TEXTS = '@lipwire/node-red-lipwire/lipwire-tts:lipwire-tts.';
    const text = (key, values) => RED._(TEXTS + key, values);

    /** The studio that the dialog's field names, as its routes call it. */
    function studioId() {
      const chosen = $('#node-input-studio').val();
      return chosen && chosen !== '_ADD_' ? chosen : 'shared';
    }

    /** What went wrong, as a sentence. */
    function sentenceOf(status, answer) {
      if (status === 401 || status === 403) return text('listen.forbidden');
      if (status === 404 && !(answer && answer.error && answer.error.message))
        return text('listen.notDeployed');
      return lipwireError(answer && answer.error) || text('listen.failed');
    }

    /** All voices, languages and variants of the studio. */
    function voices() {
      const ask = (studio) => $.getJSON('lipwire-studio/' + encodeURIComponent(studio) + '/voices');
      return (
        ask(studioId())
          // A studio that is not deployed yet has the same voices as any other.
          .catch((request) =>
            request.status === 404 && !(request.responseJSON && request.responseJSON.error.message)
              ? ask('shared')
              : $.Deferred().reject(request),
          )
      );
    }

    return { text, studioId, sentenceOf, voices };
  })();
