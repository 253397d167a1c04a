/**
 * A text field that offers a long list while one types in it: the combobox pattern of the WAI-ARIA
 * Authoring Practices. What is typed stays what is typed; the list only helps.
 */

export interface ComboboxItem {
  value: string;
  title: string;
  detail?: string;
  /** Items of a group stand together. */
  group?: string;
  /** Further words by which it is found. */
  search?: string;
}

interface ComboboxOptions {
  items(): ComboboxItem[];
  /** What the list is called. */
  name: string;
  /** What stands there where nothing matches; left out: no list then. */
  nothing?: string;
  /** Whether the field takes such a value now. */
  isActive(): boolean;
  choose(value: string): void;
}

/** For comparing: without capitals and accents. */
const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Those items in whose words each typed word stands; first those that begin so. */
function matching(items: ComboboxItem[], query: string): ComboboxItem[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const starts: ComboboxItem[] = [];
  const others: ComboboxItem[] = [];
  for (const item of items) {
    const { title, value, group, search } = item;
    const own = fold([title, value, group, search].filter(Boolean).join(' '));
    if (!words.every((word) => own.includes(word))) continue;
    const isFirst = fold(value) === fold(query) || own.startsWith(fold(query));
    (isFirst ? starts : others).push(item);
  }
  return [...starts, ...others];
}

let serial = 0;

/** @param input what people type into */
export function addCombobox(
  input: JQuery,
  { items, choose, name, nothing, isActive }: ComboboxOptions,
): void {
  serial += 1;
  const id = `lipwire-list-${serial}`;
  const list = $('<div class="lipwire-combobox" role="listbox">')
    .attr({ id, 'aria-label': name })
    .hide()
    .appendTo(input.closest('.form-row').addClass('lipwire-combobox-row'));
  input.attr({
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-autocomplete': 'list',
    'aria-controls': id,
  });
  let shown: ComboboxItem[] = [];
  let active = -1;
  let isOpen = false;

  const optionOf = ({ title, detail, value }: ComboboxItem, index: number): JQuery =>
    $('<div role="option" class="lipwire-option">')
      .attr({ id: `${id}-${index}`, 'aria-selected': 'false' })
      .append(
        $('<span class="lipwire-option-title" dir="auto">').text(title),
        $('<span class="lipwire-option-detail">').text(detail ?? value),
      )
      .on('mousedown', (event) => {
        event.preventDefault();
        take(index);
      });

  function fill(): void {
    list.empty();
    let group: string | undefined;
    let box: JQuery = list;
    shown.forEach((item, index) => {
      if (item.group && item.group !== group) {
        group = item.group;
        const heading = `${id}-group-${index}`;
        box = $('<div role="group">').attr('aria-labelledby', heading).appendTo(list);
        $('<div class="lipwire-option-group" role="presentation">')
          .attr('id', heading)
          .text(group)
          .appendTo(box);
      }
      box.append(optionOf(item, index));
    });
    if (shown.length === 0)
      list.append($('<div class="lipwire-option-none" role="presentation">').text(nothing ?? ''));
  }

  /** Shows the list under the field, and as wide. */
  function place(): void {
    const typed = input.closest('.red-ui-typedInput-container');
    const anchor = typed.length > 0 ? typed : input;
    const from = list.parent().offset() ?? { top: 0, left: 0 };
    const to = anchor.offset() ?? from;
    const top = to.top - from.top + (anchor.outerHeight() ?? 0);
    list.css({ top, left: to.left - from.left, width: anchor.outerWidth() ?? '' }).show();
  }

  function mark(index: number): void {
    active = shown.length === 0 ? -1 : index;
    list.find('[aria-selected=true]').attr('aria-selected', 'false');
    if (active < 0) return void input.removeAttr('aria-activedescendant');
    const marked = $(`#${id}-${active}`).attr('aria-selected', 'true');
    input.attr('aria-activedescendant', `${id}-${active}`);
    // Within the list only: the page is not to move.
    const { offsetTop, offsetHeight } = marked[0];
    const { scrollTop, clientHeight } = list[0];
    if (offsetTop < scrollTop) list.scrollTop(offsetTop - 24);
    else if (offsetTop + offsetHeight > scrollTop + clientHeight)
      list.scrollTop(offsetTop + offsetHeight - clientHeight);
  }

  function tell(): void {
    // Where the field takes something else, such as a message's property, it is a plain one.
    if (isActive()) input.attr({ role: 'combobox', 'aria-expanded': String(isOpen) });
    else input.removeAttr('role aria-expanded');
  }

  function close(): void {
    isOpen = false;
    active = -1;
    shown = [];
    list.hide().empty();
    input.removeAttr('aria-activedescendant');
    tell();
  }

  function open(query: string): void {
    if (!isActive()) return close();
    shown = query ? matching(items(), query) : items();
    // Nothing to offer at all is no list: what it is made of has not come.
    if (shown.length === 0 && !(query && nothing)) return close();
    fill();
    isOpen = true;
    place();
    tell();
    const current = fold(String(input.val()));
    const chosen = shown.findIndex(({ value }) => fold(value) === current);
    mark(query && chosen < 0 ? 0 : chosen);
    list[0].scrollIntoView({ block: 'nearest' });
  }

  function take(index: number): void {
    const { value } = shown[index];
    input.val(value).trigger('input');
    close();
    choose(value);
  }

  const keys: Record<string, () => void> = {
    ArrowDown: () => (isOpen ? mark(Math.min(active + 1, shown.length - 1)) : open('')),
    ArrowUp: () => (isOpen ? mark(Math.max(active - 1, 0)) : open('')),
    Enter: () => isOpen && active >= 0 && take(active),
    Escape: close,
  };
  input.on('keydown', (event) => {
    const key = event.key ?? '';
    if (!keys[key] || !isActive() || (!isOpen && !key.startsWith('Arrow'))) return;
    event.preventDefault();
    event.stopPropagation();
    keys[key]();
  });
  input.on('input', (event) => {
    // Scripts set values too; only who types is helped.
    if (event.originalEvent) open(String(input.val()));
  });
  input.on('click', () => !isOpen && open(''));
  input.on('focus', tell);
  input.on('blur', close);
  tell();
}
