/*
 * A text field that offers a long list while one types in it: the combobox pattern of the WAI-ARIA
 * Authoring Practices. What is typed stays what is typed; the list only helps.
 */
window.lipwireCombobox =
  window.lipwireCombobox ||
  (function () {
    let serial = 0;

    /**
     * @param input what people type into
     * @param options.items () => [{ value, title, detail, group, search }], those of a group together
     * @param options.choose (value) => takes what was chosen
     * @param options.name what the list is called
     * @param options.nothing what stands there where nothing matches; left out: no list then
     * @param options.isActive () => whether the field takes such a value now
     */
    return function combobox(input, { items, choose, name, nothing, isActive = () => true }) {
      serial += 1;
      const id = 'lipwire-list-' + serial;
      const list = lipwireComboboxList(input, { id, name, nothing, take });
      input.attr({
        autocomplete: 'off',
        spellcheck: false,
        'aria-autocomplete': 'list',
        'aria-controls': id,
      });
      let shown = [];
      let active = -1;
      let isOpen = false;

      function tell() {
        // Where the field takes something else, such as a message's property, it is a plain one.
        if (isActive()) input.attr({ role: 'combobox', 'aria-expanded': String(isOpen) });
        else input.removeAttr('role aria-expanded');
      }

      function close() {
        isOpen = false;
        active = -1;
        shown = [];
        list.hide();
        input.removeAttr('aria-activedescendant');
        tell();
      }

      function open(query) {
        if (!isActive()) return close();
        shown = query ? lipwireSearch.matching(items(), query) : items();
        list.fill(shown);
        // Nothing to offer at all is no list: what it is made of has not come.
        if (shown.length === 0 && !(query && nothing)) return close();
        isOpen = true;
        list.place();
        tell();
        const { fold } = lipwireSearch;
        const chosen = shown.findIndex(({ value }) => fold(value) === fold(input.val()));
        mark(query && chosen < 0 ? 0 : chosen);
        list.scrollIntoView();
      }

      function mark(index) {
        active = shown.length === 0 ? -1 : index;
        const option = list.mark(active);
        if (option) input.attr('aria-activedescendant', option.attr('id'));
        else input.removeAttr('aria-activedescendant');
      }

      function take(index) {
        const { value } = shown[index];
        input.val(value).trigger('input');
        close();
        choose(value);
      }

      const keys = {
        ArrowDown: () => (isOpen ? mark(Math.min(active + 1, shown.length - 1)) : open('')),
        ArrowUp: () => (isOpen ? mark(Math.max(active - 1, 0)) : open('')),
        Enter: () => isOpen && active >= 0 && take(active),
        Escape: () => close(),
      };
      input.on('keydown', (event) => {
        if (!keys[event.key] || !isActive() || (!isOpen && !event.key.startsWith('Arrow'))) return;
        event.preventDefault();
        event.stopPropagation();
        keys[event.key]();
      });
      input.on('input', (event) => {
        // Scripts set values too; only who types is helped.
        if (event.originalEvent) open(input.val());
      });
      input.on('click', () => !isOpen && open(''));
      input.on('focus', tell);
      input.on('blur', close);
      tell();
      return { close };
    };
  })();
