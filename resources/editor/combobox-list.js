/* The list under a combobox: options in groups, one of them marked. */
window.lipwireComboboxList =
  window.lipwireComboboxList ||
  (function () {
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

    /**
     * @param input the field that it stands under
     * @param options.id of the list; its options are called after it
     * @param options.name what the list is called
     * @param options.nothing what stands there where it is empty
     * @param options.take (index) => takes what was clicked
     */
    return function (input, { id, name, nothing, take }) {
      const list = $('<div class="lipwire-combobox" role="listbox">')
        .attr({ id, 'aria-label': name })
        .hide()
        .appendTo(input.closest('.form-row').addClass('lipwire-combobox-row'));

      function option(item, index) {
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

      function fill(items) {
        list.empty();
        let group;
        let box = list;
        items.forEach((item, index) => {
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
          box.append(option(item, index));
        });
        if (items.length === 0)
          list.append($('<div class="lipwire-option-none" role="presentation">').text(nothing));
      }

      /** Shows it under the field, and as wide. */
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

      /** The element of the marked option; undefined for none, a negative index. */
      function mark(index) {
        list.find('[aria-selected=true]').attr('aria-selected', 'false');
        if (index < 0) return undefined;
        const marked = $('#' + id + '-' + index).attr('aria-selected', 'true');
        // Within the list only: the page is not to move.
        const { offsetTop, offsetHeight } = marked[0];
        const { scrollTop, clientHeight } = list[0];
        if (offsetTop < scrollTop) list.scrollTop(offsetTop - 24);
        else if (offsetTop + offsetHeight > scrollTop + clientHeight)
          list.scrollTop(offsetTop + offsetHeight - clientHeight);
        return marked;
      }

      return {
        fill,
        place,
        mark,
        hide: () => list.hide().empty(),
        scrollIntoView: () => list[0].scrollIntoView({ block: 'nearest' }),
      };
    };
  })();
