/*
 * A text field that offers a long list while one types in it: the combobox pattern of the WAI-ARIA
 * Authoring Practices. What is typed stays what is typed; the list only helps.
 */
window.lipwireCombobox =
  window.lipwireCombobox ||
  (function () {
    let serial = 0;

    $(
      '<style>' +
        '.lipwire-combobox-row { position: relative; }' +
        '.lipwire-combobox { position: absolute; z-index: 20; max-height: 260px; overflow-y: auto; box-sizing: border-box;' +
        ' background: var(--red-ui-form-input-background); color: var(--red-ui-form-text-color);' +
        ' border: 1px solid var(--red-ui-form-input-border-color); border-radius: 0 0 4px 4px; box-shadow: 0 4px 8px var(--red-ui-shadow); }' +
        '.lipwire-option { display: flex; gap: 8px; justify-content: space-between; padding: 4px 8px; cursor: pointer; }' +
        '.lipwire-option:hover { background: var(--red-ui-list-item-background-hover); }' +
        '.lipwire-option[aria-selected=true] { background: var(--red-ui-list-item-background-selected); outline: 1px solid var(--red-ui-form-input-focus-color); outline-offset: -1px; }' +
        '.lipwire-option-title { overflow-wrap: anywhere; }' +
        '.lipwire-option-detail { color: var(--red-ui-secondary-text-color); text-align: end; overflow-wrap: anywhere; }' +
        '.lipwire-option-group { padding: 5px 8px 2px; font-weight: bold; }' +
        '.lipwire-option-none { padding: 6px 8px; color: var(--red-ui-secondary-text-color); }' +
        '</style>',
    ).appendTo('head');

    /** For comparing: without capitals and accents. */
    function fold(text) {
      return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    }

    /** Those items in whose words each typed word begins one, or stands somewhere. */
    function matching(items, query) {
      const words = fold(query).split(/\s+/).filter(Boolean);
      const found = items.filter(({ words: own }) => words.every((word) => own.includes(word)));
      const starts = ({ words: own, value }) =>
        fold(value) === fold(query) || own.startsWith(fold(query));
      return found.filter(starts).concat(found.filter((item) => !starts(item)));
    }

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
      const list = $('<div class="lipwire-combobox" role="listbox">')
        .attr({ id, 'aria-label': name })
        .hide()
        .appendTo(input.closest('.form-row').addClass('lipwire-combobox-row'));
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
        list.hide().empty();
        input.removeAttr('aria-activedescendant');
        tell();
      }

      function row(item, index) {
        return $('<div role="option" class="lipwire-option">')
          .attr({ id: id + '-' + index, 'aria-selected': 'false' })
          .append(
            $('<span class="lipwire-option-title" dir="auto">').text(item.title),
            $('<span class="lipwire-option-detail">').text(item.detail || item.value),
          )
          .on('mousedown', (event) => {
            event.preventDefault();
            take(index);
          });
      }

      function fill(query) {
        const all = items().map((item) => ({
          ...item,
          words: fold([item.title, item.value, item.group, item.search].filter(Boolean).join(' ')),
        }));
        shown = query ? matching(all, query) : all;
        list.empty();
        let group;
        let box = list;
        shown.forEach((item, index) => {
          if (item.group && item.group !== group) {
            group = item.group;
            const heading = id + '-group-' + index;
            box = $('<div role="group">').attr('aria-labelledby', heading).appendTo(list);
            box.append(
              $('<div class="lipwire-option-group" role="presentation">')
                .attr('id', heading)
                .text(group),
            );
          }
          box.append(row(item, index));
        });
        if (shown.length === 0)
          list.append($('<div class="lipwire-option-none" role="presentation">').text(nothing));
      }

      function open(query) {
        if (!isActive()) return close();
        fill(query);
        // Nothing to offer at all is no list: what it is made of has not come.
        if (shown.length === 0 && !(query && nothing)) return close();
        isOpen = true;
        place();
        tell();
        const chosen = shown.findIndex(({ value }) => fold(value) === fold(input.val()));
        mark(query && chosen < 0 ? 0 : chosen);
        list[0].scrollIntoView({ block: 'nearest' });
      }

      /** Under the field, and as wide. */
      function place() {
        const typed = input.closest('.red-ui-typedInput-container');
        const anchor = typed.length > 0 ? typed : input;
        const [from, to] = [list.parent().offset(), anchor.offset()];
        list
          .css({
            top: to.top - from.top + anchor.outerHeight(),
            left: to.left - from.left,
            width: anchor.outerWidth(),
          })
          .show();
      }

      function mark(index) {
        list.find('[aria-selected=true]').attr('aria-selected', 'false');
        active = shown.length === 0 ? -1 : index;
        if (active < 0) return input.removeAttr('aria-activedescendant');
        const option = $('#' + id + '-' + active).attr('aria-selected', 'true');
        input.attr('aria-activedescendant', option.attr('id'));
        // Within the list only: the page is not to move.
        const { offsetTop, offsetHeight } = option[0];
        const { scrollTop, clientHeight } = list[0];
        if (offsetTop < scrollTop) list.scrollTop(offsetTop - 24);
        else if (offsetTop + offsetHeight > scrollTop + clientHeight)
          list.scrollTop(offsetTop + offsetHeight - clientHeight);
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
