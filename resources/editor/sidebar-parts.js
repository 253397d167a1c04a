/* What the parts of the sidebar share: its texts, buttons, asking the server and the reader. */
window.lipwireSidebarParts =
  window.lipwireSidebarParts ||
  (function () {
    const ROOT = 'lipwire-sidebar/';
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.sidebar.';

    /** Whoever may only look is shown no button that would be refused. */
    const mayWrite = () => RED.user.hasPermission('lipwire-sidebar.write');

    const text = (key, values) => RED._(SHARED + key, values);

    /** A button with an icon, named for those who do not see it. */
    function iconButton(icon, key, action) {
      const button = $('<button type="button" class="red-ui-button red-ui-button-small">')
        .attr('aria-label', text(key))
        .append($('<i aria-hidden="true">').addClass('fa ' + icon))
        .on('click', action);
      RED.popover.tooltip(button, text(key));
      return button;
    }

    const textButton = (icon, key, action) => lipwireElements.button(icon, text(key), action);

    function complain(request) {
      const denied = request.status === 401 || request.status === 403;
      const { error } = request.responseJSON || {};
      RED.notify(
        $('<span>')
          .text(denied ? text('forbidden') : lipwireError(error) || text('failed'))
          .html(),
        'error',
      );
    }

    function post(route, body) {
      return $.ajax({
        url: ROOT + route,
        method: 'POST',
        contentType: 'application/json',
        data: JSON.stringify(body),
      }).fail(complain);
    }

    /** Asks before what cannot be taken back. */
    function ask(question, yes, action) {
      const notice = RED.notify($('<span>').text(text(question)).html(), {
        modal: true,
        fixed: true,
        buttons: [
          { text: text('no'), click: () => notice.close() },
          {
            text: text(yes),
            class: 'primary',
            click: () => {
              notice.close();
              action();
            },
          },
        ],
      });
    }

    return { ROOT, mayWrite, text, iconButton, textButton, complain, post, ask };
  })();
