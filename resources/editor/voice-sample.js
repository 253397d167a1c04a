/* How a voice sounds, in the dialog of tts. */
window.lipwireVoiceSample =
  window.lipwireVoiceSample ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireVoiceAsking.text(...what);

    /** The Listen button: one click speaks, a second one stops. */
    return function (fields) {
      const button = $('#lipwire-tts-listen');
      const status = $('#lipwire-tts-listen-status');
      const player = $('#lipwire-tts-sample');
      let asked;
      let address;

      function show(isBusy, key) {
        button.attr('data-state', isBusy ? 'busy' : 'idle');
        button.find('i').attr('class', isBusy ? 'fa fa-stop' : 'fa fa-volume-up');
        button.find('span').text(text(isBusy ? 'listen.stop' : 'listen.listen'));
        status.removeClass('lipwire-problem').text(key ? text(key) : '');
      }

      function stop() {
        const request = asked;
        asked = undefined;
        if (request) request.abort();
        player[0].pause();
        player.removeAttr('src');
        player[0].load();
        if (address) URL.revokeObjectURL(address);
        address = undefined;
        show(false);
      }

      function fail(sentence) {
        stop();
        status.addClass('lipwire-problem').text(sentence);
      }

      function settings() {
        const values = {
          studio: lipwireVoiceAsking.studioId(),
          // Where a message says which, its default speaks.
          engine:
            $('#node-input-engineType').val() === 'choice' ? $('#node-input-engine').val() : '',
          editor: RED.i18n.lang() || 'en-US',
        };
        for (const name of ['voice', 'variant', 'language', 'rate', 'pitch'])
          values[name] = fields[name].value();
        return JSON.stringify(values);
      }

      function listen() {
        stop();
        show(true, 'listen.speaking');
        // A request that is answered by a sound, or by an error in JSON.
        let raw;
        const request = $.ajax({
          url: 'lipwire-tts/listen',
          method: 'POST',
          contentType: 'application/json',
          data: settings(),
          processData: false,
          xhr: () => (raw = new XMLHttpRequest()),
          xhrFields: { responseType: 'blob' },
        });
        asked = request;
        request.done((sound) => {
          if (asked !== request) return;
          asked = undefined;
          address = URL.createObjectURL(sound);
          player.attr('src', address);
          player[0]
            .play()
            .catch((error) => error.name !== 'AbortError' && fail(text('listen.noSound')));
        });
        request.fail(async ({ status: code }) => {
          if (asked !== request) return;
          const answer =
            raw && raw.response
              ? await raw.response
                  .text()
                  .then(JSON.parse)
                  .catch(() => undefined)
              : undefined;
          if (asked === request) fail(lipwireVoiceAsking.sentenceOf(code, answer));
        });
      }

      button.on('click', (event) => {
        event.preventDefault();
        if (button.attr('data-state') === 'busy') stop();
        else listen();
      });
      player.on('ended', stop);
      player.on('error', () => player.attr('src') && fail(text('listen.noSound')));
      show(false);
      if (!RED.user.hasPermission('lipwire-tts.write')) {
        button.prop('disabled', true);
        status.text(text('listen.forbidden'));
      }
      return stop;
    };
  })();
