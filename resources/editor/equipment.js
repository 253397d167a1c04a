/* What a studio has to work with: a warning where FFmpeg is missing, and which devices are there. */
window.lipwireEquipment =
  window.lipwireEquipment ||
  (function () {
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.';
    const text = (key, values) => RED._(SHARED + 'equipment.' + key, values);

    function ask(studio) {
      return $.getJSON('lipwire-studio/' + encodeURIComponent(studio) + '/equipment');
    }

    /** Says in an element what FFmpeg lacks, with the remedy; nothing where it is there. */
    function warn(into, { ffmpeg }) {
      const code = ffmpeg.error && ffmpeg.error.code;
      const isKnown = code === 'E_FFMPEG_MISSING' || code === 'E_FFMPEG_VERSION';
      into.text(!code ? '' : isKnown ? text(code) : lipwireError(ffmpeg.error)).toggle(!!code);
    }

    /** The devices of a select, each as it is on this machine; what is saved stays selectable. */
    function devices(select, note, saved) {
      let checks = [];
      const optionOf = (device) =>
        select.find('option').filter((_, option) => option.value === device);
      if (saved && optionOf(saved).length === 0)
        $('<option>').val(saved).text(saved).appendTo(select);
      select.val(saved || 'auto').attr('aria-describedby', note.attr('id'));
      // The editor puts the texts in later than this.
      const nameOf = (device) =>
        optionOf(device).is('[data-i18n]') ? RED._(SHARED + 'device.' + device) : device;

      function tell() {
        if (checks.length === 0) return;
        const chosen = select.val();
        const check = checks.find(({ device }) => device === chosen);
        const usable = checks
          .filter(({ state }) => state === 'usable')
          .map(({ device }) => nameOf(device));
        note.toggleClass('lipwire-problem', !!check && check.state !== 'usable');
        if (chosen === 'auto') {
          // The CPU is the first of them, and what is taken last.
          note.text(
            usable.length > 1
              ? text('auto', { devices: usable.slice(1).join(', '), cpu: usable[0] })
              : text('onlyCpu'),
          );
        } else
          note.text(
            check
              ? text('chosen.' + check.state, {
                  device: nameOf(chosen),
                  reason: check.reason || '',
                })
              : '',
          );
      }

      select.on('change', tell);
      return function show(answer) {
        if (answer.devices.error)
          return note.addClass('lipwire-problem').text(lipwireError(answer.devices.error));
        checks = answer.devices;
        for (const check of checks) {
          const name = nameOf(check.device);
          const isUsable = check.state === 'usable';
          optionOf(check.device)
            .text(
              isUsable
                ? name
                : text('marked', { device: name, state: text('device.' + check.state) }),
            )
            .prop('disabled', !isUsable && check.device !== saved);
        }
        tell();
      };
    }

    return { ask, warn, devices };
  })();
