/* The row by which a file of the server becomes a model, by its path, and how far that is. */
window.lipwireModelAdder =
  window.lipwireModelAdder ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireModelParts.text(...what);

    /**
     * @param post (action, body) => asks the studio to do something
     * @param id of the field
     * @returns `row` to type in, `told` under it, and `show` that says how far it is
     */
    return function (post, id) {
      /** A file was added here, so that its end is told here. */
      let hasAdded = false;
      const told = $('<p class="lipwire-model-facts" role="status">').hide();
      const field = $('<input type="text">').attr({ id, placeholder: text('path') });
      const add = lipwireModelParts.button('fa-plus', 'add', () => {
        const file = field.val().trim();
        if (!file) return;
        hasAdded = true;
        post('add', { file });
      });
      field.on('keydown', (event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        add.trigger('click');
      });
      const row = $('<div class="lipwire-model-add">').append(
        $('<label>').attr('for', id).text(text('addFile')),
        field,
        add,
      );

      function show(tasks) {
        // A file that is being added is called by its file name, and is no model yet.
        const added = tasks
          .filter(({ work, state }) => work === 'add' && (hasAdded || state === 'running'))
          .pop();
        told.toggle(!!added).toggleClass('lipwire-problem', !!added && added.state === 'failed');
        if (!added) return;
        const percent = lipwireModelParts.percent(added);
        lipwireElements.say(
          told,
          added.state === 'failed'
            ? lipwireError(added.error)
            : text('adding.' + added.state, { name: added.name, percent }),
        );
        if (added.state === 'done' && field.val().endsWith(added.name)) field.val('');
      }
      return { row, told, show };
    };
  })();
