/* The dialog of tts: fields that offer voices, variants and languages, and what is said about the chosen ones. */
window.lipwireVoices =
  window.lipwireVoices ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireVoiceAsking.text(...what);

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
      stopListening = lipwireVoiceSample(fields);
      const update = () => lists.voices.length > 0 && describe(fields, lists, note);
      fields.voice.shown.attr('aria-describedby', 'lipwire-tts-voice-note');
      fields.voice.shown
        .add(fields.voice.element)
        .add('#node-input-voiceType')
        .on('input change', update);
      lipwireVoiceAsking
        .voices()
        .done((answer) => {
          Object.assign(lists, lipwireVoiceLists(answer));
          update();
        })
        .fail((request) =>
          note
            .addClass('lipwire-problem')
            .text(lipwireVoiceAsking.sentenceOf(request.status, request.responseJSON)),
        );
    }

    return { prepare, stop: () => stopListening() };
  })();
