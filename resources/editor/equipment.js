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
      into.text(!code ? '' : isKnown ? text(code) : ffmpeg.error.message).toggle(!!code);
    }

    /** What a device's self-check said, in a few words. */
    function stateOf({ state, reason }) {
      return text('device.' + state, { reason: reason || '' });
    }

    /** The devices of a select, each as it is on this machine; what is saved stays selectable. */
    function devices(select, note, saved) {
      let checks = [];
      select.find('option').each((_, option) => $(option).attr('data-name', $(option).text()));
      if (saved && !select.find('option').is((_, option) => option.value === saved)) {
        $('<option>').val(saved).attr('data-name', saved).text(saved).appendTo(select);
      }
      select.val(saved || 'auto').attr('aria-describedby', note.attr('id'));
      const nameOf = (device) => select.find('option').filter((_, option) => option.value === device).attr('data-name') || device;

      function tell() {
        if (checks.length === 0) return;
        const chosen = select.val();
        const check = checks.find(({ device }) => device === chosen);
        const usable = checks.filter(({ state }) => state === 'usable').map(({ device }) => nameOf(device));
        note.toggleClass('lipwire-problem', !!check && check.state !== 'usable');
        if (chosen === 'auto') {
          // The CPU is the first of them, and what is taken last.
          note.text(usable.length > 1 ? text('auto', { devices: usable.slice(1).join(', '), cpu: usable[0] }) : text('onlyCpu'));
        } else note.text(check ? text('chosen.' + check.state, { device: nameOf(chosen), reason: check.reason || '' }) : '');
      }

      select.on('change', tell);
      return function show(answer) {
        if (answer.devices.error) return note.addClass('lipwire-problem').text(answer.devices.error.message);
        checks = answer.devices;
        for (const check of checks) {
          const option = select.find('option').filter((_, each) => each.value === check.device);
          const isUsable = check.state === 'usable';
          option.text(isUsable ? option.attr('data-name') : text('marked', { device: option.attr('data-name'), state: stateOf({ state: check.state }) }));
          option.prop('disabled', !isUsable && check.device !== saved);
        }
        tell();
      };
    }

    return { ask, warn, devices };
  })();
