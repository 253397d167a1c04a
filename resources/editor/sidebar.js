/* The sidebar "Lipwire": jobs, results, workspace, models, diagnostics. */
window.lipwireSidebar =
  window.lipwireSidebar ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireSidebarParts.text(...what);

    const content = $('<div class="lipwire-sidebar">');
    let showLive, showEnded, summary, cancelAll, notice;
    let isStarted = false;

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
      const { mayWrite, textButton, ask, post } = lipwireSidebarParts;
      summary = $('<span role="status" class="lipwire-summary">');
      cancelAll = textButton('fa-ban', 'cancelAll', () =>
        ask('sureCancelAll', 'cancelAll', () =>
          post('cancel', { all: true }).done(lipwireSidebarAsking.soon),
        ),
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
      showLive = lipwireSidebarJobs.list(section(stack, 'jobs', true), 'noJobs');
      showEnded = lipwireSidebarJobs.list(section(stack, 'ended', true), 'noResults');
      let list;
      let isListed = false;
      const once = () => {
        if (!isListed) list();
        isListed = true;
      };
      const studio = section(stack, 'studio', false, once);
      const help = section(stack, 'help', false, once);
      list = lipwireSidebarStudio.section(studio, help);
      showLive([], 0);
      showEnded([], 0);
    }

    function show({ counts, live, ended }) {
      const running = counts.running + counts.preparing;
      showLive(live, running + counts.queued);
      showEnded(ended, counts.done + counts.failed + counts.cancelled);
      lipwireElements.say(summary, text('summary', { running, queued: counts.queued }));
      cancelAll.prop('disabled', live.length === 0);
      notice.hide();
    }

    function fail({ status }) {
      const denied = status === 401 || status === 403;
      lipwireElements.say(notice.show(), text(denied ? 'forbidden' : 'failed'));
    }

    /** Call it when all scripts of the sidebar have loaded; a second time does nothing. */
    function start() {
      if (isStarted) return;
      isStarted = true;
      lipwireSidebarStyle();
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
      lipwireSidebarAsking.start(content, { show, fail });
    }

    return { start, refresh: () => lipwireSidebarAsking.soon() };
  })();
