/* The models of a studio, in its own dialog and in that of wav2lip: what is there, and how to get the rest. */
window.lipwireModels =
  window.lipwireModels ||
  (function () {
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.';
    /** Milliseconds between two questions while something is under way. */
    const BUSY = 500;
    const text = (key, values) => RED._(SHARED + 'models.' + key, values);
    const mayWrite = () => RED.user.hasPermission('lipwire-studio.write');

    /** Changes an element's text only where it differs, so that nothing is read out twice. */
    function say(element, value) {
      if (element.text() !== value) element.text(value);
    }

    function size(bytes) {
      const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
      const number = bytes / 1024 ** power;
      const digits = power && number < 10 ? number.toFixed(1) : Math.round(number);
      return RED._(SHARED + 'sidebar.unit.bytes.' + power, { number: digits });
    }

    $(
      '<style>' +
        // A long sentence is not to make the whole dialog wide: without containment it would.
        '.lipwire-models, .lipwire-form .lipwire-note, .lipwire-form > .lipwire-problem { contain: inline-size; }' +
        '.lipwire-models { margin: 0 0 12px; }' +
        '.lipwire-form .lipwire-model-list { list-style: none; margin: 0 0 8px; padding: 0; }' +
        '.lipwire-form .lipwire-models-toggle { margin-left: 154px; }' +
        '.lipwire-model { padding: 6px 0; border-bottom: 1px solid var(--red-ui-secondary-border-color); overflow-wrap: anywhere; }' +
        '.lipwire-model-facts { color: var(--red-ui-secondary-text-color); margin: 0 0 2px; overflow-wrap: anywhere; }' +
        '.lipwire-model-facts a { color: var(--red-ui-text-color-link); text-decoration: underline; }' +
        '.lipwire-model-bar { height: 6px; margin: 4px 0; border-radius: 3px; overflow: hidden; background: var(--red-ui-secondary-border-color); }' +
        '.lipwire-model-bar > div { height: 100%; background: var(--red-ui-node-status-colors-blue); }' +
        '.lipwire-model-buttons { display: flex; flex-wrap: wrap; gap: 6px; }' +
        '.lipwire-model-add { display: flex; align-items: center; gap: 6px; margin: 8px 0; }' +
        '.lipwire-model-add label { width: auto; flex: none; margin: 0; }' +
        '.lipwire-model-add input[type=text] { flex: 1; min-width: 0; margin: 0; }' +
        '.lipwire-model-add .red-ui-button { flex: none; }' +
        '.lipwire-form .lipwire-problem { color: var(--red-ui-text-color-error); overflow-wrap: anywhere; }' +
        '.lipwire-form .lipwire-note { margin: -6px 0 12px 154px; color: var(--red-ui-secondary-text-color); overflow-wrap: anywhere; }' +
        '</style>',
    ).appendTo('head');

    /** What went wrong, as a sentence. */
    function problem(request) {
      const { error } = request.responseJSON || {};
      if (request.status === 401 || request.status === 403) return text('forbidden');
      if (error && error.message) return lipwireError(error);
      return text(request.status === 404 ? 'notDeployed' : 'failed');
    }

    function button(icon, key, action) {
      return $('<button type="button" class="red-ui-button red-ui-button-small">')
        .append(
          $('<i aria-hidden="true">').addClass('fa ' + icon),
          ' ',
          $('<span>').text(text(key)),
        )
        .on('click', action);
    }

    function newRow(list, post) {
      const row = {};
      const act = (icon, key, action) => button(icon, key, () => action(row.model)).hide();
      row.title = $('<div class="lipwire-model-title">');
      row.state = $('<span class="lipwire-model-state">');
      row.file = $('<div class="lipwire-model-facts">');
      row.facts = $('<div class="lipwire-model-facts">');
      row.fill = $('<div>');
      row.bar = $(
        '<div class="lipwire-model-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100">',
      )
        .append(row.fill)
        .hide();
      row.told = $('<div class="lipwire-model-facts" role="status">').hide();
      row.error = $('<div class="lipwire-problem" role="alert">').hide();
      row.buttons = {
        pull: act('fa-download', 'download', ({ name }) => post('pull', { name })),
        resume: act('fa-play', 'resume', ({ name }) => post('pull', { name })),
        cancel: act('fa-times', 'cancel', ({ name }) => post('cancel', { name })),
        verify: act('fa-check', 'verify', ({ name }) => post('verify', { name })),
        remove: act('fa-trash-o', 'remove', ({ name }) => post('remove', { name })),
      };
      row.item = $('<li class="lipwire-model">').append(
        row.title,
        row.file,
        row.facts,
        row.bar,
        row.told,
        row.error,
        $('<div class="lipwire-model-buttons">').append(Object.values(row.buttons)),
      );
      list.append(row.item);
      return row;
    }

    /** The licence, with a link to where it can be read. */
    function licenceOf({ licence, terms, commercialUse }) {
      const use =
        commercialUse === null ? 'unknownUse' : commercialUse ? 'commercial' : 'nonCommercial';
      const name = terms
        ? $('<a target="_blank" rel="noopener noreferrer">').attr('href', terms)
        : $('<span>');
      return [name.text(licence), ' · ' + text(use)];
    }

    function update(row, model, task) {
      const key = JSON.stringify([model, task]);
      if (row.key === key) return;
      const isFirst = !row.key;
      row.key = key;
      row.model = model;
      const {
        name,
        title,
        file,
        installed,
        valid,
        problem: damage,
        bytes,
        by,
        canPull,
        partialBytes,
      } = model;
      const isBusy = !!task && task.state === 'running';
      const state = !installed
        ? 'missing'
        : valid === false
          ? 'broken'
          : valid
            ? 'installed'
            : 'unchecked';
      row.item.attr({ 'data-model': name, 'data-state': state });
      say(row.state, text('state.' + state));
      if (isFirst) row.title.append($('<strong>'), ' – ', row.state);
      say(row.title.find('strong'), model.known ? title : name);
      say(row.file, file + (bytes ? ' · ' + size(bytes) : ''));
      row.facts.empty().append(licenceOf(model));
      const { done = 0, total = 0, doing } = (isBusy && task.progress) || {};
      const percent = total > 0 ? Math.floor((100 * done) / total) : 0;
      row.bar
        .toggle(isBusy)
        .attr({ 'aria-valuenow': percent, 'aria-label': text('progress', { name }) });
      row.fill.css('width', percent + '%');
      const told = [];
      if (isBusy)
        told.push(
          text(doing ? 'doing.' + doing : 'doing.starting', {
            percent,
            done: size(done),
            total: size(total),
          }),
        );
      else if (task && task.state === 'cancelled') told.push(text('cancelled'));
      else if (task && task.work === 'verify' && task.state === 'done' && valid)
        told.push(text('verified'));
      if (!isBusy && !installed && partialBytes > 0)
        told.push(text('partial', { size: size(partialBytes) }));
      if (!installed && !canPull && !isBusy) told.push(text('byHand', { file }));
      if (installed && by === 'found') told.push(text('found'));
      say(row.told.toggle(told.length > 0), told.join(' '));
      const wrong =
        task && task.state === 'failed'
          ? lipwireError(task.error)
          : installed && valid === false
            ? text('damaged', { problem: damage || '' })
            : '';
      say(row.error.toggle(wrong !== ''), wrong);
      const may = mayWrite();
      const { pull, resume, cancel, verify, remove } = row.buttons;
      pull.toggle(may && canPull && !isBusy && !(partialBytes > 0));
      resume.toggle(may && canPull && !isBusy && partialBytes > 0);
      cancel.toggle(may && isBusy);
      verify.toggle(may && installed && !isBusy);
      // What somebody else put there is not ours to delete.
      remove.toggle(may && installed && !isBusy && by !== 'found');
      for (const each of Object.values(row.buttons))
        each.attr('aria-label', each.text().trim() + ': ' + (model.known ? title : name));
    }

    /** The row by which a file of the server is added, by its path. */
    function adder(post, id) {
      const field = $('<input type="text">').attr({ id, placeholder: text('path') });
      const add = button(
        'fa-plus',
        'add',
        () => field.val().trim() && post('add', { file: field.val().trim() }),
      );
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
      return { row, field };
    }

    /**
     * Shows the models of a studio and keeps them up to date while it stands in the page.
     * @param options.studio () => the id of the studio, `shared` for the one of nodes without
     * @param options.isShown (model) => whether it belongs here
     * @param options.onAnswer (answer) is told each answer of the store
     */
    return {
      panel(into, { studio, isShown = () => true, onAnswer = () => undefined, id }) {
        const rows = new Map();
        const told = $('<p class="lipwire-model-facts">');
        const notice = $('<p class="lipwire-problem" role="alert">').hide();
        const list = $('<ul class="lipwire-model-list">').attr('aria-label', text('list'));
        const adding = $('<p class="lipwire-model-facts" role="status">').hide();
        let timer;
        let isOver = false;
        /** A file was added here, so that its end is told here. */
        let hasAdded = false;
        let serial = 0;

        const route = (action) =>
          'lipwire-studio/' + encodeURIComponent(studio()) + '/models' + action;
        const post = (action, body) => {
          notice.hide();
          return $.ajax({
            url: route('/' + action),
            method: 'POST',
            contentType: 'application/json',
            data: JSON.stringify(body),
          })
            .done(refresh)
            .fail((request) => say(notice.show(), problem(request)));
        };
        const { row: adderRow, field } = adder((...asked) => {
          hasAdded = true;
          return post(...asked);
        }, id + '-file');
        into.addClass('lipwire-models').empty().append(told, notice, list);
        if (mayWrite()) into.append(adderRow, adding);

        function show({ folder, models, tasks }) {
          say(told, text('folder', { folder }));
          const wanted = models.filter(isShown);
          for (const [name, row] of rows) {
            if (wanted.some((model) => model.name === name)) continue;
            row.item.remove();
            rows.delete(name);
          }
          for (const model of wanted) {
            if (!rows.has(model.name)) rows.set(model.name, newRow(list, post));
            update(
              rows.get(model.name),
              model,
              tasks.find(({ name }) => name === model.name),
            );
          }
          // A file that is being added is called by its file name, and is no model yet.
          const added = tasks
            .filter(({ work, state }) => work === 'add' && (hasAdded || state === 'running'))
            .pop();
          adding
            .toggle(!!added)
            .toggleClass('lipwire-problem', !!added && added.state === 'failed');
          if (added) {
            const { done = 0, total = 0 } = added.progress || {};
            const percent = total > 0 ? Math.floor((100 * done) / total) : 0;
            say(
              adding,
              added.state === 'failed'
                ? lipwireError(added.error)
                : text('adding.' + added.state, { name: added.name, percent }),
            );
            if (added.state === 'done' && field.val().endsWith(added.name)) field.val('');
          }
        }

        function refresh() {
          clearTimeout(timer);
          if (isOver) return;
          serial += 1;
          const mine = serial;
          $.getJSON(route(''))
            .done((answer) => {
              if (isOver || mine !== serial) return;
              show(answer);
              onAnswer(answer);
              // The dialog may have been closed by whatever way.
              isOver = !document.contains(into[0]);
              if (!isOver && answer.tasks.some(({ state }) => state === 'running'))
                timer = setTimeout(refresh, BUSY);
            })
            .fail((request) => {
              if (isOver || mine !== serial) return;
              say(notice.show(), problem(request));
              onAnswer(undefined);
            });
        }

        refresh();
        return {
          refresh() {
            rows.clear();
            list.empty();
            notice.hide();
            refresh();
          },
          close() {
            isOver = true;
            clearTimeout(timer);
          },
        };
      },
    };
  })();
