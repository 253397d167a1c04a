/* The dialog of tts: voices, variants and languages to choose from, and how they sound. */
window.lipwireVoices =
  window.lipwireVoices ||
  (function () {
    const TEXTS = '@lipwire/node-red-lipwire/lipwire-tts:lipwire-tts.';
    const text = (key, values) => RED._(TEXTS + key, values);
    /** The part of a voice's name that is its language: "English" of "English (America)". */
    const plain = (name) => name.replace(/\s*\(.*$/, '');

    /** Names of languages as the editor's reader, and as their speakers, call them. */
    function languageNames() {
      const reader = [RED.i18n.lang() || 'en-US', 'en'];
      const names = (locales) =>
        new Intl.DisplayNames(locales, { type: 'language', fallback: 'none' });
      const own = names(reader);
      const of = (list, tag) => {
        try {
          return list.of(tag);
        } catch {
          return undefined;
        }
      };
      return {
        name: (tag) => of(own, tag),
        native: (tag) => {
          try {
            return of(names([tag]), tag);
          } catch {
            return undefined;
          }
        },
      };
    }

    /** The lists that the three fields offer, of what the engine says. */
    function listsOf({ voices, variants }) {
      const names = languageNames();
      const first = (tag) => tag.split('-')[0];
      const found = voices.map(({ id, name, languages, gender, identifier }) => {
        const tag = languages[0] || 'und';
        const base = first(tag);
        const group = names.name(base) || plain(name);
        const search = [
          languages.join(' '),
          identifier,
          names.native(base),
          text('gender.' + gender),
        ];
        return { value: id, title: name, detail: id, group, search: search.join(' '), tag, base };
      });
      const collator = new Intl.Collator(RED.i18n.lang() || 'en-US');
      found.sort(
        (a, b) => collator.compare(a.group, b.group) || collator.compare(a.title, b.title),
      );
      const tags = new Map();
      for (const { tag, base, title, search } of found) {
        for (const each of [base, tag]) {
          // Parts for private use say nothing to people.
          if (tags.has(each) || /-x-|-qaaa/i.test(each)) continue;
          tags.set(each, { value: each, title: names.name(each) || title, search });
        }
      }
      const languages = [...tags.values()].sort((a, b) => collator.compare(a.title, b.title));
      return {
        voices: found,
        languages,
        variants: variants.map((name) => ({ value: name, title: name, detail: ' ' })),
      };
    }

    /** The path of the studio's routes that a dialog's field names. */
    function studioId() {
      const chosen = $('#node-input-studio').val();
      return chosen && chosen !== '_ADD_' ? chosen : 'shared';
    }

    function sentenceOf(status, answer) {
      if (status === 401 || status === 403) return text('listen.forbidden');
      if (status === 404 && !(answer && answer.error && answer.error.message))
        return text('listen.notDeployed');
      return lipwireError(answer && answer.error) || text('listen.failed');
    }

    /** The visible part of a field, and whether it takes a plain text now. */
    function fieldOf(name) {
      const element = $('#node-input-' + name);
      const typed = $('#node-input-' + name + '-value');
      const kind = () => $('#node-input-' + name + 'Type').val();
      return {
        element,
        shown: typed.length > 0 ? typed : element,
        isPlain: () => !kind() || kind() === 'str' || kind() === 'num',
        /** What is set; blank where the message or something else decides. */
        value() {
          return this.isPlain() ? String(this.shown.val() || '') : '';
        },
      };
    }

    function choosers(fields, lists) {
      const labels = (name) => text('label.' + name);
      const add = (name, items, nothing) =>
        lipwireCombobox(fields[name].shown, {
          items,
          name: labels(name),
          nothing,
          isActive: () => fields[name].isPlain(),
          choose: (value) => fields[name].element.val(value).trigger('change'),
        });
      add('language', () => lists.languages);
      add('variant', () => lists.variants);
      // Voices of the language that is set come first.
      add(
        'voice',
        () => {
          const base = fields.language.value().toLowerCase().split(/[-_]/)[0];
          const fits = (voice) =>
            voice.base === base || (base === 'zh' && /\bzh\b/.test(voice.search));
          return base
            ? lists.voices.filter(fits).concat(lists.voices.filter((each) => !fits(each)))
            : lists.voices;
        },
        text('voices.nothing'),
      );
    }

    /** Says by name what the field holds by its short one. */
    function describe(fields, lists, note) {
      const set = fields.voice.value();
      const [name] = set.split('+');
      const same = (each) => each && each.toLowerCase() === name.trim().toLowerCase();
      const found = lists.voices.find(
        ({ value, title, search, tag }) =>
          same(value) ||
          same(title) ||
          same(tag) ||
          search.toLowerCase().split(' ').includes(name.trim().toLowerCase()),
      );
      if (!fields.voice.isPlain() || /\$\{/.test(set)) note.text('');
      else if (!set) note.text(text('voices.byLanguage'));
      else note.text(found ? found.group + ' · ' + found.title : text('voices.unknown', { name }));
    }

    /** The Listen button: one click speaks, a second one stops. */
    function listener(fields) {
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
          studio: studioId(),
          engine: $('#node-input-engine').val() || '',
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
          if (asked === request) fail(sentenceOf(code, answer));
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
    }

    $(
      '<style>' +
        '.lipwire-form .lipwire-tts-note { margin: -8px 0 12px 154px; min-height: 20px; color: var(--red-ui-secondary-text-color); overflow-wrap: anywhere; }' +
        '.lipwire-form .lipwire-tts-sample { display: flex; align-items: center; gap: 8px; margin-left: 154px; }' +
        '.lipwire-form .lipwire-tts-sample .red-ui-button { flex: none; }' +
        '.lipwire-form .lipwire-tts-note.lipwire-problem, .lipwire-form .lipwire-problem { color: var(--red-ui-text-color-error); overflow-wrap: anywhere; }' +
        '</style>',
    ).appendTo('head');

    let stopListening = () => undefined;

    /** Call it in `oneditprepare`, after the fields have become what they are. */
    function prepare() {
      const fields = {};
      for (const name of ['voice', 'variant', 'language', 'rate', 'pitch'])
        fields[name] = fieldOf(name);
      const note = $('#lipwire-tts-voice-note');
      const lists = { voices: [], languages: [], variants: [] };
      choosers(fields, lists);
      stopListening = listener(fields);
      const update = () => lists.voices.length > 0 && describe(fields, lists, note);
      fields.voice.shown.attr('aria-describedby', 'lipwire-tts-voice-note');
      fields.voice.shown
        .add(fields.voice.element)
        .add('#node-input-voiceType')
        .on('input change', update);
      const ask = (studio) => $.getJSON('lipwire-studio/' + encodeURIComponent(studio) + '/voices');
      ask(studioId())
        // A studio that is not deployed yet has the same voices as any other.
        .catch((request) =>
          request.status === 404 && !(request.responseJSON && request.responseJSON.error.message)
            ? ask('shared')
            : $.Deferred().reject(request),
        )
        .done((answer) => {
          Object.assign(lists, listsOf(answer));
          update();
        })
        .fail((request) =>
          note.addClass('lipwire-problem').text(sentenceOf(request.status, request.responseJSON)),
        );
    }

    return { prepare, stop: () => stopListening() };
  })();
