/* The lists of jobs in the sidebar: a row each, which stays while its job does. */
window.lipwireSidebarJobs =
  window.lipwireSidebarJobs ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireSidebarParts.text(...what);
    const say = (...what) => lipwireElements.say(...what);
    const time = (seconds) => lipwireUnits.time(seconds);

    /** A list of jobs whose rows stay while their jobs do. */
    function list(into, nothing) {
      const rows = new Map();
      const none = $('<p class="lipwire-note">').text(text(nothing)).appendTo(into);
      const items = $('<ol class="lipwire-jobs">').appendTo(into);
      const more = $('<p class="lipwire-note">').hide().appendTo(into);
      items.editableList({
        addButton: false,
        height: 'auto',
        addItem: (container, _index, job) => rows.set(job.id, newRow(container, job)),
      });
      return function show(jobs, total) {
        const wanted = new Set(jobs.map(({ id }) => id));
        for (const [id, row] of rows) {
          if (wanted.has(id)) continue;
          lipwireSidebarResults.closeOf(row);
          items.editableList('removeItem', row.data);
          rows.delete(id);
        }
        jobs.forEach((job, index) => {
          let row = rows.get(job.id);
          if (!row) {
            items.editableList('insertItemAt', job, index);
            row = rows.get(job.id);
            row.data = job;
          }
          update(row, job);
          const item = row.container.closest('li');
          if (items.children()[index] !== item[0]) item.insertBefore(items.children().eq(index));
        });
        none.toggle(jobs.length === 0);
        items.closest('.red-ui-editableList').toggle(jobs.length > 0);
        more.toggle(total > jobs.length);
        say(more, text('more', { number: total - jobs.length }));
      };
    }

    function newRow(container, job) {
      const { iconButton, post } = lipwireSidebarParts;
      const row = { container: container.addClass('lipwire-job'), job };
      row.title = $('<div class="lipwire-text" dir="auto">');
      row.facts = $('<div class="lipwire-facts">');
      row.fill = $('<div>');
      row.bar = $(
        '<div class="lipwire-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100">',
      ).append(row.fill);
      row.bar.attr('aria-label', text('progress', { stage: text('stage.' + job.stage) }));
      row.cancel = iconButton('fa-times', 'cancel', () =>
        post('cancel', { job: job.id }).done(lipwireSidebar.refresh),
      );
      row.locate = iconButton('fa-crosshairs', 'locate', () => RED.view.reveal(job.node.id));
      row.play = iconButton('fa-play', 'play', () => lipwireSidebarResults.toggle(row)).attr(
        'aria-expanded',
        'false',
      );
      row.download = iconButton('fa-download', 'download', () =>
        lipwireSidebarResults.download(row),
      );
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
      row.cancel.toggle(isLive && lipwireSidebarParts.mayWrite());
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

    return { list };
  })();
