/** The sidebar "Lipwire": jobs, results, workspace, models, diagnostics. */
import { problem, say, sidebarText as text, type FailedRequest } from '../../shared/editor/parts';
import type { BoardView } from '../../shared/job-board';
import { jobList } from './jobs';
import { complain, askFirst, get, mayWrite, note, post, textButton } from './sidebar-parts';
import { studioSections } from './studio-sections';

/** Milliseconds: between two questions while something runs, and while nothing does; news come sooner. */
const BUSY = 5000;
const IDLE = 30_000;
const LONGEST = 60_000;
const SOONEST = 1000;

/** Adds the sidebar to the editor. */
export function startSidebar(): void {
  const content = $('<div class="lipwire-sidebar">');
  const refreshSoon = watchJobs(content, {
    show({ counts, live, ended }) {
      const running = counts.running + counts.preparing;
      showLive(live, running + counts.queued);
      showEnded(ended, counts.done + counts.failed + counts.cancelled);
      say(summary, text('summary', { running, queued: counts.queued }));
      cancelAll.prop('disabled', live.length === 0);
      notice.hide();
    },
    fail: (request) => say(notice.show(), problem(request)),
  });
  const cancelAll = textButton('fa-ban', 'cancelAll', () =>
    askFirst('sureCancelAll', 'cancelAll', () => {
      post('cancel', { all: true }).then(refreshSoon, complain);
    }),
  );
  cancelAll.addClass('lipwire-cancel-all').prop('disabled', true).toggle(mayWrite());
  const summary = $('<span role="status" class="lipwire-summary">');
  const notice = note('alert').hide();
  const parts = $('<div class="lipwire-parts">');
  content.append(
    $('<div class="red-ui-sidebar-header lipwire-header">').append(summary, cancelAll),
    notice,
    parts,
  );
  const stack = RED.stack.create({ container: parts });
  const showLive = jobList(section(stack, 'jobs', true), 'noJobs', refreshSoon);
  const showEnded = jobList(section(stack, 'ended', true), 'noResults', refreshSoon);
  let isListed = false;
  const listOnce = (): void => {
    if (!isListed) listStudios();
    isListed = true;
  };
  const listStudios = studioSections(
    section(stack, 'studio', false, listOnce),
    section(stack, 'help', false, listOnce),
  );
  showLive([], 0);
  showEnded([], 0);
  RED.sidebar.addTab({
    id: 'lipwire',
    label: text('label'),
    name: text('name'),
    content,
    iconClass: 'fa fa-commenting-o',
    enableOnEdit: true,
    pinned: false,
  });
}

/** A collapsible part, by the keyboard as well. */
function section(
  stack: ReturnType<typeof RED.stack.create>,
  key: string,
  expanded: boolean,
  onexpand?: () => void,
): JQuery {
  const entry = stack.add({
    title: $('<span>').text(text(key)),
    collapsible: true,
    expanded,
    onexpand,
  });
  const tell = (): void => {
    entry.header.attr('aria-expanded', String(entry.isExpanded()));
  };
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

/**
 * Asks for the jobs: soon after news, now and then without, and never while nobody looks.
 * @param content is asked for while any of it is seen
 * @returns what asks as soon as it may
 */
function watchJobs(
  content: JQuery,
  told: { show(board: BoardView): void; fail(request: FailedRequest): void },
): () => void {
  let isVisible = false;
  let isAsking = false;
  /** News came since the last question. */
  let isStale = false;
  let timer = 0;
  let askedAt = -Infinity;
  let wait = IDLE;

  const later = (milliseconds: number): void => {
    clearTimeout(timer);
    if (isVisible) timer = window.setTimeout(refresh, milliseconds);
  };
  const soon = (): void => {
    isStale = true;
    later(Math.max(0, askedAt + SOONEST - performance.now()));
  };
  const refresh = (): void => {
    if (isAsking || !isVisible) return;
    isAsking = true;
    isStale = false;
    askedAt = performance.now();
    get<BoardView>('jobs')
      .then(
        (board) => {
          wait = board.live.length > 0 ? BUSY : IDLE;
          told.show(board);
        },
        (request: FailedRequest) => {
          wait = Math.min(LONGEST, 2 * wait);
          told.fail(request);
        },
      )
      .finally(() => {
        isAsking = false;
        if (isStale) soon();
        else later(wait);
      });
  };
  new IntersectionObserver((entries) => {
    isVisible = entries.at(-1)?.isIntersecting ?? false;
    if (isVisible) soon();
    else clearTimeout(timer);
  }).observe(content[0]);
  RED.comms.subscribe('lipwire/jobs', soon);
  return soon;
}
