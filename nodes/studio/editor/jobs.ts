/** The lists of jobs in the sidebar, and what a job made: shown under its row, or downloaded. */
import {
  explain,
  noteText,
  say,
  sidebarText as text,
  time,
  type FailedRequest,
} from '../../shared/editor/parts';
import type { ShownJob } from '../../shared/job-board';
import { complain, get, iconButton, mayWrite, post } from './sidebar-parts';

interface Row {
  item: JQuery;
  job: ShownJob;
  title: JQuery;
  facts: JQuery;
  bar: JQuery;
  buttons: Record<'play' | 'download' | 'watch' | 'locate' | 'cancel', JQuery>;
}

/**
 * A list of jobs whose rows stay while their jobs do.
 * @param nothing text of the empty list
 * @param changed is called after a job was cancelled
 * @returns what shows jobs, and how many more there are than those
 */
export function jobList(
  into: JQuery,
  nothing: string,
  changed: () => void,
): (jobs: ShownJob[], total: number) => void {
  const rows = new Map<string, Row>();
  const none = $('<p class="lipwire-note">').text(text(nothing)).appendTo(into);
  const list = $('<ol class="lipwire-jobs">').appendTo(into);
  const more = $('<p class="lipwire-note">').hide().appendTo(into);
  return (jobs, total) => {
    const wanted = new Set(jobs.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (wanted.has(id)) continue;
      if (preview?.row === row) closePreview();
      row.item.remove();
      rows.delete(id);
    }
    jobs.forEach((job, index) => {
      const row = rows.get(job.id) ?? newRow(job, changed);
      rows.set(job.id, row);
      update(row, job);
      // A row that is moved without need would lose the focus.
      const [there] = list.children().eq(index);
      if (there !== row.item[0]) list[0].insertBefore(row.item[0], there ?? null);
    });
    none.toggle(jobs.length === 0);
    more.toggle(total > jobs.length);
    say(more, text('more', { number: total - jobs.length }));
  };
}

function newRow(job: ShownJob, changed: () => void): Row {
  const bar = $(
    '<div class="lipwire-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><div>',
  ).attr('aria-label', text('progress', { stage: text(`stage.${job.stage}`) }));
  const row: Row = {
    item: $('<li class="lipwire-job">'),
    job,
    title: $('<div class="lipwire-text" dir="auto">'),
    facts: $('<div class="lipwire-facts">'),
    bar,
    buttons: {
      play: iconButton('fa-play', 'play', () => togglePreview(row)),
      download: iconButton('fa-download', 'download', () => download(row)),
      watch: iconButton('fa-external-link', 'watch', () =>
        window.open(row.job.watchUrl, '_blank', 'noopener'),
      ),
      locate: iconButton('fa-crosshairs', 'locate', () => RED.view.reveal(job.node.id)),
      cancel: iconButton(
        'fa-times',
        'cancel',
        () => void post('cancel', { job: job.id }).then(changed, complain),
      ),
    },
  };
  row.buttons.play.attr('aria-expanded', 'false');
  row.item.append(
    $('<div class="lipwire-row">').append(
      $('<div class="lipwire-words">').append(row.title, row.facts),
      $('<div class="lipwire-buttons">').append(Object.values(row.buttons)),
    ),
    bar,
  );
  return row;
}

function update(row: Row, job: ShownJob): void {
  row.job = job;
  const { title, facts, bar, buttons } = row;
  const isLive = job.endedAt === undefined;
  const percent = Math.floor(job.share * 100);
  row.item.attr('data-state', job.state);
  say(title, job.text || job.node.name || text(`stage.${job.stage}`));
  say(facts, factsOf(job, percent).join(' · '));
  bar.toggle(isLive).attr('aria-valuenow', percent).children().css('width', `${percent}%`);
  buttons.cancel.toggle(isLive && mayWrite());
  buttons.play.toggle(!!job.media);
  buttons.download.toggle(!!job.media);
  buttons.watch.toggle(!!job.watchUrl);
  buttons.locate.toggle(!!RED.nodes.node(job.node.id));
}

function factsOf(job: ShownJob, percent: number): (string | undefined)[] {
  const { stage, state, node, error, left, took, speed } = job;
  const name = node.name && job.text ? ` (${node.name})` : '';
  const facts = [text(`stage.${stage}`) + name, error ? error.code : text(`state.${state}`)];
  if (state === 'running') facts.push(text('share', { percent }));
  if (left !== undefined) facts.push(text('left', { time: time(left) }));
  if (job.endedAt !== undefined && took !== undefined)
    facts.push(text('took', { time: time(took) }));
  if (speed !== undefined) facts.push(text('speed', { speed: speed.toPrecision(2) }));
  if (job.cached) facts.push(text('cached'));
  if (job.notes) facts.push(...job.notes.map(noteText));
  return error ? [...facts, explain({ error })] : facts;
}

/** The preview that is open; its address is given back when it closes. */
let preview: { row: Row; url: string; box: JQuery } | undefined;

function closePreview(): void {
  if (!preview) return;
  const { row, url, box } = preview;
  preview = undefined;
  box.remove();
  URL.revokeObjectURL(url);
  row.buttons.play.attr({ 'aria-expanded': 'false', 'aria-label': text('play') });
}

/** Asked for by the editor, which says who it is; an audio or video element could not. */
function withResult(row: Row, use: (url: string) => void): void {
  get<Blob>(`jobs/${encodeURIComponent(row.job.id)}/result`, {
    xhrFields: { responseType: 'blob' },
    processData: false,
  }).then(
    (blob) => use(URL.createObjectURL(blob)),
    (request: FailedRequest) => {
      if (request.status === 404) say(row.facts, text('gone'));
      else complain(request);
    },
  );
}

function togglePreview(row: Row): void {
  const wasOpen = preview?.row === row;
  closePreview();
  if (wasOpen) return;
  withResult(row, (url) => {
    closePreview();
    const player = $(row.job.media === 'audio' ? '<audio controls>' : '<video controls>')
      .attr({ src: url, 'aria-label': row.job.text || text('play') })
      .on('loadedmetadata', () => player[0].scrollIntoView({ block: 'nearest' }));
    const box = $('<div class="lipwire-result">').append(player).appendTo(row.item);
    preview = { row, url, box };
    row.buttons.play.attr({ 'aria-expanded': 'true', 'aria-label': text('hide') });
  });
}

function download(row: Row): void {
  withResult(row, (url) => {
    const { id, stage, media } = row.job;
    const file = `lipwire-${stage}-${id}${media === 'audio' ? '.wav' : '.mp4'}`;
    const link = $('<a>').attr({ href: url, download: file }).appendTo('body');
    link[0].click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
}
