/** The models of a studio, in its own dialog and in that of wav2lip: what is there, and how to get the rest. */
import type { ModelStatus } from '../../../src/ml/store/store';
import type { ModelTask } from '../../../src/ml/store/tasks';
import {
  ask,
  button,
  explain,
  post,
  say,
  size,
  studioRoute,
  textsOf,
  type FailedRequest,
} from '../../shared/editor/parts';
import type { ModelsAnswer } from '../models';

/** Milliseconds between two questions while something is under way. */
const BUSY = 500;

const text = textsOf('studio', 'models.');
const mayWrite = (): boolean => RED.user.hasPermission('lipwire-studio.write');

/** Asks the studio to do something. */
type Act = (action: string, body: object) => void;

interface Options {
  /** Of the list's elements. */
  id: string;
  /** The studio's id, `shared` for the one of nodes without. */
  studio(): string;
  /** Whether a model belongs here. */
  isShown?(model: ModelStatus): boolean;
  /** Is told each answer; undefined: it failed. */
  onAnswer?(answer: ModelsAnswer | undefined): void;
}

/** Shows the models of a studio and keeps them up to date while it stands in the page. */
export function modelsPanel(
  into: JQuery,
  { id, studio, isShown = () => true, onAnswer }: Options,
): { refresh(): void; close(): void } {
  const rows = new Map<string, Row>();
  const told = $('<p class="lipwire-model-facts">');
  const notice = $('<p class="lipwire-problem" role="alert">').hide();
  const list = $('<ul class="lipwire-model-list">').attr('aria-label', text('list'));
  let timer = 0;
  let isOver = false;
  let serial = 0;

  const fail = (request: FailedRequest): void => say(notice.show(), problemOf(request));
  const act: Act = (action, body) => {
    notice.hide();
    post(studioRoute(studio(), `models/${action}`), body).then(refresh, fail);
  };
  const adder = modelAdder(act, `${id}-file`);
  into.addClass('lipwire-models').empty().append(told, notice, list);
  if (mayWrite()) into.append(adder.row, adder.told);

  function show({ folder, models, tasks }: ModelsAnswer): void {
    say(told, text('folder', { folder }));
    const wanted = models.filter(isShown);
    for (const [name, row] of rows) {
      if (wanted.some((model) => model.name === name)) continue;
      row.item.remove();
      rows.delete(name);
    }
    for (const model of wanted) {
      const row = rows.get(model.name) ?? newRow(list, act, model);
      rows.set(model.name, row);
      update(
        row,
        model,
        tasks.find(({ name }) => name === model.name),
      );
    }
    adder.show(tasks);
  }

  function refresh(): void {
    clearTimeout(timer);
    if (isOver) return;
    const mine = (serial += 1);
    const isLate = (): boolean => isOver || mine !== serial;
    ask<ModelsAnswer>(studioRoute(studio(), 'models')).then(
      (answer) => {
        if (isLate()) return;
        show(answer);
        onAnswer?.(answer);
        // The dialog may have been closed by whatever way.
        isOver = !document.contains(into[0]);
        if (!isOver && answer.tasks.some(isRunning)) timer = window.setTimeout(refresh, BUSY);
      },
      (request: FailedRequest) => {
        if (isLate()) return;
        fail(request);
        onAnswer?.(undefined);
      },
    );
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
}

/** What went wrong, as a sentence. */
function problemOf({ status, responseJSON }: FailedRequest): string {
  if (status === 401 || status === 403) return text('forbidden');
  return explain(responseJSON) ?? text(status === 404 ? 'notDeployed' : 'failed');
}

const isRunning = ({ state }: ModelTask): boolean => state === 'running';

const failureOf = (error: ModelTask['error']): string =>
  explain({ error: error ?? undefined }) ?? '';

/** How much of a task is done; 0 while nobody knows. */
function percentOf({ progress }: ModelTask): number {
  return progress && progress.total > 0 ? Math.floor((100 * progress.done) / progress.total) : 0;
}

/** The row by which a file of the server becomes a model, by its path, and under it how far that is. */
function modelAdder(
  act: Act,
  id: string,
): { row: JQuery; told: JQuery; show(tasks: ModelTask[]): void } {
  /** A file was added here, so that its end is told here. */
  let hasAdded = false;
  const told = $('<p class="lipwire-model-facts" role="status">').hide();
  const field = $('<input type="text">').attr({ id, placeholder: text('path') });
  const path = (): string => String(field.val()).trim();
  const add = button('fa-plus', text('add'), () => {
    if (!path()) return;
    hasAdded = true;
    act('add', { file: path() });
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
  return {
    row,
    told,
    show(tasks) {
      // A file that is being added is called by its file name, and is no model yet.
      const added = tasks
        .filter((task) => task.work === 'add' && (hasAdded || isRunning(task)))
        .at(-1);
      told.toggle(!!added).toggleClass('lipwire-problem', added?.state === 'failed');
      if (!added) return;
      const { name, state, error } = added;
      const words =
        state === 'failed'
          ? failureOf(error)
          : text(`adding.${state}`, { name, percent: percentOf(added) });
      say(told, words);
      if (state === 'done' && path().endsWith(name)) field.val('');
    },
  };
}

/** A model in the list: what it is, how it is with it, and what can be done about it. */
interface Row {
  item: JQuery;
  /** What the row shows; JSON. */
  shown: string;
  title: JQuery;
  state: JQuery;
  file: JQuery;
  facts: JQuery;
  bar: JQuery;
  told: JQuery;
  error: JQuery;
  buttons: Record<'pull' | 'resume' | 'cancel' | 'verify' | 'remove', JQuery>;
}

function newRow(list: JQuery, act: Act, { name }: ModelStatus): Row {
  const actButton = (icon: string, key: string, action: string): JQuery =>
    button(icon, text(key), () => act(action, { name }));
  const row: Row = {
    item: $('<li class="lipwire-model">'),
    shown: '',
    title: $('<strong>'),
    state: $('<span class="lipwire-model-state">'),
    file: $('<div class="lipwire-model-facts">'),
    facts: $('<div class="lipwire-model-facts">'),
    bar: $(
      '<div class="lipwire-model-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><div>',
    ),
    told: $('<div class="lipwire-model-facts" role="status">').hide(),
    error: $('<div class="lipwire-problem" role="alert">').hide(),
    buttons: {
      pull: actButton('fa-download', 'download', 'pull'),
      resume: actButton('fa-play', 'resume', 'pull'),
      cancel: actButton('fa-times', 'cancel', 'cancel'),
      verify: actButton('fa-check', 'verify', 'verify'),
      remove: actButton('fa-trash-o', 'remove', 'remove'),
    },
  };
  const { item, title, state, file, facts, bar, told, error, buttons } = row;
  item.append(
    $('<div class="lipwire-model-title">').append(title, ' – ', state),
    ...[file, facts, bar, told, error],
    $('<div class="lipwire-model-buttons">').append(Object.values(buttons)),
  );
  list.append(item);
  return row;
}

function update(row: Row, model: ModelStatus, task: ModelTask | undefined): void {
  const shown = JSON.stringify([model, task]);
  if (row.shown === shown) return;
  row.shown = shown;
  const { name, file, bytes, installed, valid, problem } = model;
  const called = model.known ? model.title : name;
  const isBusy = !!task && isRunning(task);
  const percent = isBusy ? percentOf(task) : 0;
  const state = stateOf(model);
  row.item.attr({ 'data-model': name, 'data-state': state });
  say(row.state, text(`state.${state}`));
  say(row.title, called);
  say(row.file, file + (bytes ? ` · ${size(bytes)}` : ''));
  row.facts.empty().append(...licenceOf(model));
  row.bar
    .toggle(isBusy)
    .attr({ 'aria-valuenow': percent, 'aria-label': text('progress', { name }) })
    .children()
    .css('width', `${percent}%`);
  const told = sentences(model, task, percent).join(' ');
  say(row.told.toggle(told !== ''), told);
  const damage = installed && valid === false ? text('damaged', { problem: problem ?? '' }) : '';
  const wrong = task?.state === 'failed' ? failureOf(task.error) : damage;
  say(row.error.toggle(wrong !== ''), wrong);
  showButtons(row, model, isBusy, called);
}

function stateOf({ installed, valid }: ModelStatus): string {
  if (!installed) return 'missing';
  if (valid === false) return 'broken';
  return valid ? 'installed' : 'unchecked';
}

/** The licence, with a link to where it can be read. */
function licenceOf({ licence, terms, commercialUse }: ModelStatus): (JQuery | string)[] {
  const use =
    commercialUse === null ? 'unknownUse' : commercialUse ? 'commercial' : 'nonCommercial';
  const name = terms
    ? $('<a target="_blank" rel="noopener noreferrer">').attr('href', terms)
    : $('<span>');
  return [name.text(licence), ` · ${text(use)}`];
}

/** What is done with the model, or was, and where it comes from: some sentences, or none. */
function sentences(model: ModelStatus, task: ModelTask | undefined, percent: number): string[] {
  const { file, installed, valid, by, canPull, partialBytes } = model;
  const told: string[] = [];
  if (task && isRunning(task)) {
    const { done = 0, total = 0, doing = 'starting' } = task.progress ?? {};
    told.push(text(`doing.${doing}`, { percent, done: size(done), total: size(total) }));
  } else {
    if (task?.state === 'cancelled') told.push(text('cancelled'));
    if (task?.work === 'verify' && task.state === 'done' && valid) told.push(text('verified'));
    if (!installed && partialBytes > 0) told.push(text('partial', { size: size(partialBytes) }));
    if (!installed && !canPull) told.push(text('byHand', { file }));
  }
  if (installed && by === 'found') told.push(text('found'));
  return told;
}

function showButtons({ buttons }: Row, model: ModelStatus, isBusy: boolean, called: string): void {
  const { installed, by, canPull, partialBytes } = model;
  const { pull, resume, cancel, verify, remove } = buttons;
  const may = mayWrite();
  const mayStart = may && !isBusy;
  pull.toggle(mayStart && canPull && !(partialBytes > 0));
  resume.toggle(mayStart && canPull && partialBytes > 0);
  cancel.toggle(may && isBusy);
  verify.toggle(mayStart && installed);
  // What somebody else put there is not ours to delete.
  remove.toggle(mayStart && installed && by !== 'found');
  for (const each of Object.values(buttons)) {
    const label = `${each.text().trim()}: ${called}`;
    each.attr('aria-label', label);
  }
}
