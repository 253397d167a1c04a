/** A studio in the sidebar: its workspace, with a button that clears it, its models and diagnostics. */
import type { ModelStatus } from '../../../src/ml/store/store';
import type { Check } from '../../../src/runtime/health';
import { explain, sidebarText as text, size, type FailedRequest } from '../../shared/editor/parts';
import type { NamedStudio, StudioFacts } from '../routes';
import {
  complain,
  askFirst,
  get,
  iconButton,
  mayWrite,
  note,
  post,
  textButton,
} from './sidebar-parts';

/**
 * @param into gets the studio's workspace and models
 * @param reportInto gets its diagnostics
 * @returns what fills both, when they are first looked at
 */
export function studioSections(into: JQuery, reportInto: JQuery): () => void {
  const choice = $('<select id="lipwire-sidebar-studio">').on('change', load);
  const facts = $('<dl class="lipwire-list">');
  const models = $('<ul class="lipwire-models">');
  const outcome = note();
  const chosen = (): string => String(choice.val() || 'shared');
  const route = (): string => `studios/${encodeURIComponent(chosen())}`;
  const clear = textButton('fa-trash-o', 'clear', () =>
    askFirst('sureClear', 'clear', () => {
      post<{ freed: number; left: number }>(`${route()}/clear`, {}).then(({ freed, left }) => {
        outcome.text(text('cleared', { freed: size(freed), left: size(left) }));
        load();
      }, complain);
    }),
  );
  into.append(
    $('<div class="lipwire-row">').append(
      $('<label for="lipwire-sidebar-studio">').text(text('which')),
      choice,
      iconButton('fa-refresh', 'refresh', list),
    ),
    facts,
    clear.addClass('lipwire-clear').toggle(mayWrite()),
    outcome,
    $('<h4>').text(text('models')),
    models,
  );
  reportSection(reportInto, route);

  /** Fills the list of studios, and then shows the chosen one. */
  function list(): void {
    get<NamedStudio[]>('studios').then((studios) => {
      const before = choice.val();
      const called = ({ id, name }: NamedStudio): string =>
        id === 'shared' ? text('shared') : name || id;
      choice.empty().append(studios.map((each) => $('<option>').val(each.id).text(called(each))));
      if (studios.some(({ id }) => id === before)) choice.val(before ?? '');
      else if (studios.length > 1) choice.val(studios[1].id);
      load();
    }, complain);
  }

  function load(): void {
    const asked = chosen();
    get<StudioFacts>(route()).then((answer) => {
      if (chosen() === asked) fill(answer);
    }, complain);
  }

  function fill({ diagnostics: { workspace }, models: known }: StudioFacts): void {
    const row = (key: string, value = ''): JQuery[] => [
      $('<dt>').text(text(key)),
      $('<dd>').text(value),
    ];
    if ('error' in workspace) facts.empty().append(row('folder', explain(workspace)));
    else {
      const { folder, bytes, maxBytes, artifacts } = workspace;
      const used = text('size', { size: size(bytes), limit: size(maxBytes) });
      const contents = text('contents', { number: artifacts });
      facts.empty().append(row('folder', folder), row('used', `${used} · ${contents}`));
    }
    models.empty().append((known ?? []).map(modelItem));
    if (!known?.some(({ installed }) => installed))
      models.prepend($('<li class="lipwire-note">').text(text('noModels')));
  }
  return list;
}

function modelItem(model: ModelStatus): JQuery {
  const { title, name, installed, valid, problem, licence, commercialUse, bytes } = model;
  const state = valid === false ? 'broken' : installed ? 'installed' : 'missing';
  const facts = [
    text(`model.${state}`),
    licence,
    commercialUse === false && text('model.nonCommercial'),
    bytes && size(bytes),
    problem,
  ];
  return $('<li>').append(
    $('<div>').text(title || name),
    $('<div class="lipwire-facts">').text(facts.filter(Boolean).join(' · ')),
  );
}

/** Diagnostics to look at, or to copy for a bug report. */
function reportSection(into: JQuery, route: () => string): void {
  const output = $('<pre class="lipwire-report" tabindex="0">')
    .attr('aria-label', text('help'))
    .hide();
  const told = $('<span class="lipwire-note" role="status">');
  const checks = $('<ul class="lipwire-checks">').hide();
  const report = async (): Promise<string | undefined> => {
    told.text(text('asking'));
    try {
      const answer = await get<{ checks: Check[]; report: string }>(`${route()}/report`);
      checks.empty().append(answer.checks.map(checkItem)).show();
      output.text(answer.report).show();
      return answer.report;
    } catch (error) {
      complain(error as FailedRequest);
      return undefined;
    } finally {
      told.text('');
    }
  };
  const show = textButton('fa-stethoscope', 'showReport', () => void report());
  const copy = textButton('fa-clipboard', 'copyReport', async () => {
    const words = await report();
    if (words === undefined) return;
    RED.clipboard.copyText(words, copy, text('copied'));
    told.text(text('copied'));
  }).addClass('lipwire-copy');
  into.append($('<div class="lipwire-row">').append(copy, show, told), checks, output);
}

/** A tick or a cross, what was looked at, and what to do where it is not well. */
function checkItem({ name, ok, text: found, remedy }: Check): JQuery {
  const item = $('<li>')
    .attr('data-ok', String(ok))
    .append($('<div>').text(`${ok ? '✔' : '✘'} ${name}: ${found}`));
  return remedy ? item.append($('<div class="lipwire-facts">').text(`→ ${remedy}`)) : item;
}
