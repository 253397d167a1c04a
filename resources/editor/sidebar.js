/* The sidebar "Lipwire": jobs, results, workspace, models, diagnostics. Loading it again does nothing. */
(function () {
  if (window.lipwireSidebar) return;
  const ROOT = 'lipwire-sidebar/';
  const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.sidebar.';
  /** Milliseconds: between two questions while something runs, and while nothing does; news come sooner. */
  const BUSY = 5000;
  const IDLE = 30000;
  const LONGEST = 60000;
  const SOONEST = 1000;

  /** Whoever may only look is shown no button that would be refused. */
  const mayWrite = () => RED.user.hasPermission('lipwire-sidebar.write');

  const text = (key, values) => RED._(SHARED + key, values);

  // --- small parts -------------------------------------------------------------------------------

  /** A button with an icon, named for those who do not see it. */
  function iconButton(icon, key, action) {
    const button = $('<button type="button" class="red-ui-button red-ui-button-small">')
      .attr('aria-label', text(key))
      .append($('<i aria-hidden="true">').addClass('fa ' + icon))
      .on('click', action);
    RED.popover.tooltip(button, text(key));
    return button;
  }

  function textButton(icon, key, action) {
    return $('<button type="button" class="red-ui-button red-ui-button-small">')
      .append($('<i aria-hidden="true">').addClass('fa ' + icon), ' ', $('<span>').text(text(key)))
      .on('click', action);
  }

  /** Changes an element's text only where it differs: most do not. */
  function say(element, value) {
    if (element.text() !== value) element.text(value);
  }

  function time(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    if (seconds < 10) return text('unit.seconds', { number: seconds.toFixed(1) });
    if (whole < 60) return text('unit.seconds', { number: whole });
    return text('unit.minutes', { minutes: Math.floor(whole / 60), seconds: whole % 60 });
  }

  function size(bytes) {
    const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
    const number = bytes / 1024 ** power;
    return text('unit.bytes.' + power, {
      number: power && number < 10 ? number.toFixed(1) : Math.round(number),
    });
  }

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

  // --- preview -----------------------------------------------------------------------------------

  /** The one that is open; its address is given back when it closes. */
  let preview;

  function closePreview() {
    if (!preview) return;
    const { row, url, box } = preview;
    preview = undefined;
    box.remove();
    URL.revokeObjectURL(url);
    row.play.attr({ 'aria-expanded': 'false', 'aria-label': text('play') });
  }

  /** Asked for by the editor, which says who it is; a player could not. */
  function fetchResult(row) {
    return $.ajax({
      url: ROOT + 'jobs/' + encodeURIComponent(row.job.id) + '/result',
      xhrFields: { responseType: 'blob' },
      processData: false,
    }).fail((request) =>
      request.status === 404 ? say(row.facts, text('gone')) : complain({ status: request.status }),
    );
  }

  function togglePreview(row) {
    const isOpen = preview && preview.row === row;
    closePreview();
    if (isOpen) return;
    fetchResult(row).done((blob) => {
      closePreview();
      const url = URL.createObjectURL(blob);
      const player = $(row.job.media === 'audio' ? '<audio controls>' : '<video controls>').attr({
        src: url,
        'aria-label': row.job.text || text('play'),
      });
      player.on('loadedmetadata', () => player[0].scrollIntoView({ block: 'nearest' }));
      preview = {
        row,
        url,
        box: $('<div class="lipwire-preview">').append(player).appendTo(row.container),
      };
      row.play.attr({ 'aria-expanded': 'true', 'aria-label': text('hide') });
    });
  }

  function download(row) {
    fetchResult(row).done((blob) => {
      const url = URL.createObjectURL(blob);
      const ending = row.job.media === 'audio' ? '.wav' : '.mp4';
      const link = $('<a>')
        .attr({ href: url, download: 'lipwire-' + row.job.stage + '-' + row.job.id + ending })
        .appendTo('body');
      link[0].click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    });
  }

  // --- jobs --------------------------------------------------------------------------------------

  /** A list of jobs whose rows stay while their jobs do. */
  function jobList(into, nothing) {
    const rows = new Map();
    const none = $('<p class="lipwire-note">').text(text(nothing)).appendTo(into);
    const list = $('<ol class="lipwire-jobs">').appendTo(into);
    const more = $('<p class="lipwire-note">').hide().appendTo(into);
    list.editableList({
      addButton: false,
      height: 'auto',
      addItem: (container, _index, job) => rows.set(job.id, newRow(container, job)),
    });
    return function show(jobs, total) {
      const wanted = new Set(jobs.map(({ id }) => id));
      for (const [id, row] of rows) {
        if (wanted.has(id)) continue;
        if (preview && preview.row === row) closePreview();
        list.editableList('removeItem', row.data);
        rows.delete(id);
      }
      jobs.forEach((job, index) => {
        let row = rows.get(job.id);
        if (!row) {
          list.editableList('insertItemAt', job, index);
          row = rows.get(job.id);
          row.data = job;
        }
        update(row, job);
        const item = row.container.closest('li');
        if (list.children()[index] !== item[0]) item.insertBefore(list.children().eq(index));
      });
      none.toggle(jobs.length === 0);
      list.closest('.red-ui-editableList').toggle(jobs.length > 0);
      more.toggle(total > jobs.length);
      say(more, text('more', { number: total - jobs.length }));
    };
  }

  function newRow(container, job) {
    const row = { container: container.addClass('lipwire-job'), job };
    row.title = $('<div class="lipwire-text" dir="auto">');
    row.facts = $('<div class="lipwire-facts">');
    row.fill = $('<div>');
    row.bar = $(
      '<div class="lipwire-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100">',
    ).append(row.fill);
    row.bar.attr('aria-label', text('progress', { stage: text('stage.' + job.stage) }));
    row.cancel = iconButton('fa-times', 'cancel', () => post('cancel', { job: job.id }).done(soon));
    row.locate = iconButton('fa-crosshairs', 'locate', () => RED.view.reveal(job.node.id));
    row.play = iconButton('fa-play', 'play', () => togglePreview(row)).attr(
      'aria-expanded',
      'false',
    );
    row.download = iconButton('fa-download', 'download', () => download(row));
    row.watch = iconButton('fa-external-link', 'watch', () =>
      window.open(row.job.watchUrl, '_blank', 'noopener'),
    );
    const buttons = $('<div class="lipwire-buttons">').append(
      row.play,
      row.download,
      row.watch,
      row.locate,
      row.cancel,
    );
    container.append(
      $('<div class="lipwire-row">').append(
        $('<div class="lipwire-words">').append(row.title, row.facts),
        buttons,
      ),
      row.bar,
    );
    return row;
  }

  function update(row, job) {
    row.job = job;
    const isLive = job.endedAt === undefined;
    const percent = Math.floor(job.share * 100);
    row.container.attr('data-state', job.state);
    say(row.title, job.text || job.node.name || text('stage.' + job.stage));
    say(row.facts, factsOf(job, percent).join(' · '));
    row.bar.toggle(isLive).attr('aria-valuenow', percent);
    row.fill.css('width', percent + '%');
    row.cancel.toggle(isLive && mayWrite());
    row.play.toggle(!!job.media);
    row.download.toggle(!!job.media);
    row.watch.toggle(!!job.watchUrl);
    row.locate.toggle(!!RED.nodes.node(job.node.id));
  }

  function factsOf(job, percent) {
    const name = job.node.name && job.text ? ' (' + job.node.name + ')' : '';
    const facts = [
      text('stage.' + job.stage) + name,
      job.error ? job.error.code : text('state.' + job.state),
    ];
    if (job.state === 'running') facts.push(text('share', { percent }));
    if (job.left !== undefined) facts.push(text('left', { time: time(job.left) }));
    if (job.endedAt !== undefined && job.took !== undefined)
      facts.push(text('took', { time: time(job.took) }));
    if (job.speed !== undefined) facts.push(text('speed', { speed: job.speed.toPrecision(2) }));
    if (job.cached) facts.push(text('cached'));
    if (job.error) facts.push(lipwireError(job.error));
    return facts;
  }

  // --- asking ------------------------------------------------------------------------------------

  const content = $('<div class="lipwire-sidebar">');
  let showLive, showEnded, summary, cancelAll, notice;
  let isVisible = false;
  let isAsking = false;
  /** News came since the last question. */
  let isStale = false;
  let timer;
  let askedAt = -Infinity;
  let wait = IDLE;

  function later(milliseconds) {
    clearTimeout(timer);
    if (isVisible) timer = setTimeout(refresh, milliseconds);
  }

  /** Asks as soon as it may. */
  function soon() {
    isStale = true;
    later(Math.max(0, askedAt + SOONEST - performance.now()));
  }

  function refresh() {
    if (isAsking || !isVisible) return;
    isAsking = true;
    isStale = false;
    askedAt = performance.now();
    $.getJSON(ROOT + 'jobs')
      .done((board) => {
        const { counts, live, ended } = board;
        const running = counts.running + counts.preparing;
        wait = live.length > 0 ? BUSY : IDLE;
        showLive(live, running + counts.queued);
        showEnded(ended, counts.done + counts.failed + counts.cancelled);
        say(summary, text('summary', { running, queued: counts.queued }));
        cancelAll.prop('disabled', live.length === 0);
        notice.hide();
      })
      .fail((request) => {
        wait = Math.min(LONGEST, 2 * wait);
        const denied = request.status === 401 || request.status === 403;
        say(notice.show(), text(denied ? 'forbidden' : 'failed'));
      })
      .always(() => {
        isAsking = false;
        if (isStale) soon();
        else later(wait);
      });
  }

  // --- workspace, models, diagnostics ------------------------------------------------------------

  function studioSection(into, reportInto) {
    const choice = $('<select id="lipwire-sidebar-studio">').on('change', () => load());
    const facts = $('<dl class="lipwire-list">');
    const models = $('<ul class="lipwire-models">');
    const outcome = $('<p class="lipwire-note" role="status">');
    const route = () => 'studios/' + encodeURIComponent(choice.val() || 'shared');
    const clear = textButton('fa-trash-o', 'clear', () =>
      ask('sureClear', 'clear', () =>
        post(route() + '/clear', {}).done(({ freed, left }) => {
          outcome.text(text('cleared', { freed: size(freed), left: size(left) }));
          load();
        }),
      ),
    )
      .addClass('lipwire-clear')
      .toggle(mayWrite());
    const label = $('<label for="lipwire-sidebar-studio">').text(text('which'));
    const again = iconButton('fa-refresh', 'refresh', () => list());
    into.append(
      $('<div class="lipwire-row">').append(label, choice, again),
      facts,
      clear,
      outcome,
      $('<h4>').text(text('models')),
      models,
    );

    const output = $('<pre class="lipwire-report" tabindex="0">')
      .attr('aria-label', text('help'))
      .hide();
    const told = $('<span class="lipwire-note" role="status">');
    const report = () => {
      told.text(text('asking'));
      return $.getJSON(ROOT + route() + '/report')
        .fail((request) => {
          told.text('');
          complain(request);
        })
        .done((answer) => {
          told.text('');
          checks.empty().append(answer.checks.map(checkItem)).show();
          output.text(answer.report).show();
        });
    };
    const show = textButton('fa-stethoscope', 'showReport', report);
    const copy = textButton('fa-clipboard', 'copyReport', () =>
      report().done((answer) => {
        RED.clipboard.copyText(answer.report, copy, text('copied'));
        told.text(text('copied'));
      }),
    ).addClass('lipwire-copy');
    const checks = $('<ul class="lipwire-checks">').hide();
    reportInto.append($('<div class="lipwire-row">').append(copy, show, told), checks, output);

    /** Fills the list of studios, and then shows the chosen one. */
    function list() {
      return $.getJSON(ROOT + 'studios').done((studios) => {
        const chosen = choice.val();
        choice.empty().append(
          studios.map(({ id, name }) =>
            $('<option>')
              .val(id)
              .text(id === 'shared' ? text('shared') : name || id),
          ),
        );
        if (studios.some(({ id }) => id === chosen)) choice.val(chosen);
        else if (studios.length > 1) choice.val(studios[1].id);
        load();
      });
    }

    function load() {
      const asked = choice.val();
      $.getJSON(ROOT + route())
        .fail(complain)
        .done((answer) => {
          if (choice.val() === asked) fill(answer);
        });
    }

    function fill({ diagnostics, models: known }) {
      const { workspace } = diagnostics;
      const row = (key, value) => [$('<dt>').text(text(key)), $('<dd>').text(value)];
      facts.empty();
      if (workspace.error) facts.append(row('folder', lipwireError(workspace.error)));
      else {
        const used = text('size', { size: size(workspace.bytes), limit: size(workspace.maxBytes) });
        facts.append(
          row('folder', workspace.folder),
          row('used', used + ' · ' + text('contents', { number: workspace.artifacts })),
        );
      }
      models.empty().append((known || []).map(modelItem));
      if (!known || !known.some(({ installed }) => installed))
        models.prepend($('<li class="lipwire-note">').text(text('noModels')));
    }
    return list;
  }

  function modelItem({ title, name, installed, valid, problem, licence, commercialUse, bytes }) {
    const state = valid === false ? 'broken' : installed ? 'installed' : 'missing';
    const facts = [text('model.' + state), licence];
    if (commercialUse === false) facts.push(text('model.nonCommercial'));
    if (bytes) facts.push(size(bytes));
    if (problem) facts.push(problem);
    return $('<li>').append(
      $('<div>').text(title || name),
      $('<div class="lipwire-facts">').text(facts.filter(Boolean).join(' · ')),
    );
  }

  /** A tick or a cross, what was looked at, and what to do where it is not well. */
  function checkItem({ name, ok, text: found, remedy }) {
    const item = $('<li>')
      .attr('data-ok', String(ok))
      .append($('<div>').text((ok ? '✔ ' : '✘ ') + name + ': ' + found));
    return remedy ? item.append($('<div class="lipwire-facts">').text('→ ' + remedy)) : item;
  }

  // --- the whole ---------------------------------------------------------------------------------

  /** A collapsible part, by the keyboard as well. */
  function section(stack, key, expanded, onexpand) {
    const entry = stack.add({
      title: $('<span>').text(text(key)),
      collapsible: true,
      expanded,
      onexpand,
    });
    const tell = () => entry.header.attr('aria-expanded', String(entry.isExpanded()));
    entry.header
      .attr({ role: 'button', tabindex: 0, 'aria-label': text(key) })
      .on('click', tell)
      .on('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        entry.header.trigger('click');
      });
    tell();
    return entry.content.addClass('lipwire-section');
  }

  function build() {
    summary = $('<span role="status" class="lipwire-summary">');
    cancelAll = textButton('fa-ban', 'cancelAll', () =>
      ask('sureCancelAll', 'cancelAll', () => post('cancel', { all: true }).done(soon)),
    );
    cancelAll.addClass('lipwire-cancel-all').prop('disabled', true).toggle(mayWrite());
    notice = $('<p class="lipwire-note" role="alert">').hide();
    const header = $('<div class="red-ui-sidebar-header lipwire-header">').append(
      summary,
      cancelAll,
    );
    const parts = $('<div class="lipwire-parts">');
    content.append(header, notice, parts);
    const stack = RED.stack.create({ container: parts });
    showLive = jobList(section(stack, 'jobs', true), 'noJobs');
    showEnded = jobList(section(stack, 'ended', true), 'noResults');
    let list;
    let isListed = false;
    const once = () => {
      if (!isListed) list();
      isListed = true;
    };
    const studio = section(stack, 'studio', false, once);
    const help = section(stack, 'help', false, once);
    list = studioSection(studio, help);
    showLive([], 0);
    showEnded([], 0);
  }

  function style() {
    $('<style>')
      .text(
        `
      .lipwire-sidebar { display: flex; flex-direction: column; height: 100%; color: var(--red-ui-primary-text-color); }
      .lipwire-sidebar .lipwire-header { display: flex; align-items: center; justify-content: space-between; height: auto; padding: 6px 8px; text-align: start; flex: none; }
      .lipwire-sidebar .lipwire-parts { flex: 1; overflow-y: auto; position: relative; }
      .lipwire-sidebar .lipwire-section { padding: 6px 8px; background: var(--red-ui-secondary-background); }
      .lipwire-sidebar .red-ui-editableList-container { padding: 0; border: none; background: none; }
      .lipwire-sidebar .red-ui-editableList-container li { padding: 6px 0; background: none; border-bottom: 1px solid var(--red-ui-secondary-border-color); }
      .lipwire-sidebar .lipwire-row { display: flex; align-items: center; gap: 6px; }
      .lipwire-sidebar .lipwire-words { flex: 1; min-width: 0; }
      .lipwire-sidebar .lipwire-text { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
      .lipwire-sidebar .lipwire-facts, .lipwire-sidebar .lipwire-note { color: var(--red-ui-secondary-text-color); font-size: 12px; overflow-wrap: anywhere; }
      .lipwire-sidebar [data-state=failed] .lipwire-facts { color: var(--red-ui-text-color-error); }
      .lipwire-sidebar .lipwire-note { margin: 4px 0; }
      .lipwire-sidebar .lipwire-buttons { display: flex; gap: 2px; flex: none; }
      .lipwire-sidebar .lipwire-bar { height: 4px; margin-top: 4px; border-radius: 2px; overflow: hidden; background: var(--red-ui-secondary-border-color); }
      .lipwire-sidebar .lipwire-bar > div { height: 100%; background: var(--red-ui-node-status-colors-blue); }
      .lipwire-sidebar .lipwire-preview { margin-top: 6px; }
      .lipwire-sidebar .lipwire-preview video, .lipwire-sidebar .lipwire-preview audio { width: 100%; max-height: 320px; display: block; }
      .lipwire-sidebar select { flex: 1; min-width: 0; width: auto; margin: 0; }
      .lipwire-sidebar label { margin: 0; }
      .lipwire-sidebar h4 { margin: 12px 0 4px; }
      .lipwire-sidebar .lipwire-list dd { margin: 0 0 6px; overflow-wrap: anywhere; }
      .lipwire-sidebar .lipwire-list { margin: 8px 0; }
      .lipwire-sidebar .lipwire-models { margin: 0; list-style: none; }
      .lipwire-sidebar .lipwire-models li { padding: 3px 0; }
      .lipwire-sidebar .lipwire-checks { margin: 8px 0 0; list-style: none; font-size: 12px; overflow-wrap: anywhere; }
      .lipwire-sidebar .lipwire-checks li { padding: 2px 0; }
      .lipwire-sidebar .lipwire-checks [data-ok=false] { color: var(--red-ui-text-color-error); }
      .lipwire-sidebar .lipwire-report { margin-top: 8px; max-height: 320px; overflow: auto; font-size: 11px; }
    `,
      )
      .appendTo('head');
  }

  style();
  build();
  RED.sidebar.addTab({
    id: 'lipwire',
    label: text('label'),
    name: text('name'),
    content,
    iconClass: 'fa fa-commenting-o',
    enableOnEdit: true,
    pinned: false,
  });
  new IntersectionObserver((entries) => {
    isVisible = entries[entries.length - 1].isIntersecting;
    if (isVisible) soon();
    else clearTimeout(timer);
  }).observe(content[0]);
  RED.comms.subscribe('lipwire/jobs', soon);
  window.lipwireSidebar = { refresh: soon };
})();
