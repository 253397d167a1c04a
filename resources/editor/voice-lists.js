/* The voices, variants and languages that the dialog of tts offers, by the names that readers know. */
window.lipwireVoiceLists =
  window.lipwireVoiceLists ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireVoiceAsking.text(...what);
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
    return function ({ voices, variants }) {
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
    };
  })();
