/* The portrait that the open dialog of face-detect chooses, looked at anew with each change. Loading it again does nothing. */
window.lipwirePortrait =
  window.lipwirePortrait ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const TYPE = 'lipwire-face-detect';
    /** Milliseconds after the last change of the dialog. */
    const PATIENCE = 350;
    const text = (...what) => lipwirePreview.texts(TYPE)(...what);

    function show(node, element) {
      const into = lipwirePreview.frame(element);
      const asker = Math.random().toString(36).slice(2);
      const form = into.place.closest('.lipwire-form');
      // Looking for faces is work, which whoever may only read cannot ask for.
      if (!RED.user.hasPermission('lipwire-preview.write')) {
        into.say(lipwirePreview.problem({ status: 403 }));
        return;
      }
      let asked = '';
      let latest = 0;
      let timer;
      function ask() {
        if (!into.isOpen()) return;
        const config = settingsOf(node);
        const question = JSON.stringify({ node: node.id, asker, config });
        if (question === asked) return;
        asked = question;
        const mine = ++latest;
        const isCurrent = () => mine === latest && into.isOpen();
        into.place.attr('aria-busy', 'true');
        if (mine === 1) into.say(text('asking'));
        $.ajax({
          url: 'lipwire-preview/portrait',
          method: 'POST',
          contentType: 'application/json',
          data: question,
        })
          .done((answer) => {
            if (!isCurrent()) return;
            if (answer.awaited) into.say(text('awaited'));
            else {
              const { draw, words } = lipwirePortraitPicture;
              into.show(draw(answer), words(answer));
            }
          })
          .fail((request) => isCurrent() && into.say(lipwirePreview.problem(request)))
          .always(() => isCurrent() && into.place.attr('aria-busy', 'false'));
      }
      form.on('change input', () => {
        clearTimeout(timer);
        timer = setTimeout(ask, PATIENCE);
      });
      ask();
    }

    /** The settings as they stand in the open dialog. */
    function settingsOf(node) {
      const config = {};
      Object.keys(node._def.defaults).forEach((field) => {
        const input = $('#node-input-' + field);
        if (input.length === 0) return;
        config[field] = input.is(':checkbox') ? input.prop('checked') : input.val();
      });
      if (config.studio === '_ADD_') config.studio = '';
      return config;
    }

    $(
      '<style>' +
        '.lipwire-preview[aria-busy=true] .lipwire-preview-picture { opacity: 0.6; }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
