/* Small things that the sidebar and the dialogs' lists are built with. */
window.lipwireElements =
  window.lipwireElements ||
  (function () {
    /** Changes an element's text only where it differs, so that nothing is read out twice. */
    function say(element, value) {
      if (element.text() !== value) element.text(value);
    }

    /** A small button with an icon and words. */
    function button(icon, words, action) {
      return $('<button type="button" class="red-ui-button red-ui-button-small">')
        .append($('<i aria-hidden="true">').addClass('fa ' + icon), ' ', $('<span>').text(words))
        .on('click', action);
    }

    return { say, button };
  })();
