/* A model in a studio's list: what it is, how it is with it, and what can be done about it. */
window.lipwireModelRow =
  window.lipwireModelRow ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireModelParts.text(...what);
    const say = (...what) => lipwireElements.say(...what);
    const size = (bytes) => lipwireUnits.size(bytes);

    /** A row for what `update` is told; `post` asks the studio to do something. */
    function make(list, post) {
      const row = {};
      const act = (icon, key, action) =>
        lipwireModelParts.button(icon, key, () => action(row.model)).hide();
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

    function stateOf({ installed, valid }) {
      if (!installed) return 'missing';
      if (valid === false) return 'broken';
      return valid ? 'installed' : 'unchecked';
    }

    /** What is done with the model, or was, and where it comes from: some sentences, or none. */
    function sentences(model, task, isBusy, percent) {
      const { file, installed, valid, by, canPull, partialBytes } = model;
      const told = [];
      if (isBusy) {
        const { done = 0, total = 0, doing } = task.progress || {};
        const values = { percent, done: size(done), total: size(total) };
        told.push(text(doing ? 'doing.' + doing : 'doing.starting', values));
      } else if (task && task.state === 'cancelled') told.push(text('cancelled'));
      else if (task && task.work === 'verify' && task.state === 'done' && valid)
        told.push(text('verified'));
      if (!isBusy && !installed && partialBytes > 0)
        told.push(text('partial', { size: size(partialBytes) }));
      if (!installed && !canPull && !isBusy) told.push(text('byHand', { file }));
      if (installed && by === 'found') told.push(text('found'));
      return told;
    }

    function problemOf({ installed, valid, problem }, task) {
      if (task && task.state === 'failed') return lipwireError(task.error);
      return installed && valid === false ? text('damaged', { problem: problem || '' }) : '';
    }

    function showButtons(row, { installed, by, canPull, partialBytes }, isBusy, called) {
      const may = lipwireModelParts.mayWrite();
      const { pull, resume, cancel, verify, remove } = row.buttons;
      pull.toggle(may && canPull && !isBusy && !(partialBytes > 0));
      resume.toggle(may && canPull && !isBusy && partialBytes > 0);
      cancel.toggle(may && isBusy);
      verify.toggle(may && installed && !isBusy);
      // What somebody else put there is not ours to delete.
      remove.toggle(may && installed && !isBusy && by !== 'found');
      for (const each of Object.values(row.buttons))
        each.attr('aria-label', each.text().trim() + ': ' + called);
    }

    function update(row, model, task) {
      const key = JSON.stringify([model, task]);
      if (row.key === key) return;
      const isFirst = !row.key;
      row.key = key;
      row.model = model;
      const { name, title, file, bytes } = model;
      const called = model.known ? title : name;
      const isBusy = !!task && task.state === 'running';
      const state = stateOf(model);
      row.item.attr({ 'data-model': name, 'data-state': state });
      say(row.state, text('state.' + state));
      if (isFirst) row.title.append($('<strong>'), ' – ', row.state);
      say(row.title.find('strong'), called);
      say(row.file, file + (bytes ? ' · ' + size(bytes) : ''));
      row.facts.empty().append(licenceOf(model));
      const percent = isBusy ? lipwireModelParts.percent(task) : 0;
      row.bar
        .toggle(isBusy)
        .attr({ 'aria-valuenow': percent, 'aria-label': text('progress', { name }) });
      row.fill.css('width', percent + '%');
      const told = sentences(model, task, isBusy, percent);
      say(row.told.toggle(told.length > 0), told.join(' '));
      const wrong = problemOf(model, task);
      say(row.error.toggle(wrong !== ''), wrong);
      showButtons(row, model, isBusy, called);
    }

    return { make, update };
  })();
