/** The model of a wav2lip node: which can be used now, why another one can not, and what to do about it. */
import { rowOf } from '../../shared/editor/dialog';
import { button, studioId, textsOf } from '../../shared/editor/parts';
import { askEquipment, warnFfmpeg } from '../../studio/editor/equipment';
import { modelsPanel } from '../../studio/editor/models';
import type { ModelChoice, ModelsAnswer } from '../../studio/models';

const text = textsOf('wav2lip');

/** Nobody here knows what an environment variable holds. */
const isVariable = (value: string): boolean => /^\$\{[^}]+\}$/.test(value);

/**
 * Marks the models of the list, and adds a sentence about the chosen one, the files of the studio's
 * models and a warning where FFmpeg is missing.
 * @param saved the model that is saved
 * @returns what ends it
 */
export function addModelChoice(saved: string): () => void {
  const setting = $('#node-input-model');
  const select = $('#node-input-model-choice');
  const note = $('<p class="lipwire-note" id="lipwire-wav2lip-model-note" role="status">');
  const box = $('<div id="lipwire-wav2lip-models">').hide();
  const toggle = button('fa-cubes', text('label.models'), () => {
    const isOpen = toggle.attr('aria-expanded') !== 'true';
    toggle.attr('aria-expanded', String(isOpen));
    box.toggle(isOpen);
  }).attr({
    id: 'lipwire-wav2lip-models-toggle',
    'aria-expanded': 'false',
    'aria-controls': 'lipwire-wav2lip-models',
  });
  const toggleRow = $('<div class="form-row lipwire-models-toggle">').append(toggle);
  rowOf('model').after(note, toggleRow, box);
  const ffmpeg = $('<p class="lipwire-problem" id="lipwire-wav2lip-ffmpeg-note" role="status">');
  ffmpeg.hide().prependTo(rowOf('model').parent());
  let choices: ModelChoice[] = [];

  const optionOf = (name: string): JQuery<HTMLOptionElement> =>
    select.find<HTMLOptionElement>('option').filter((_, { value }) => value === name);
  /** What a model is called; the editor puts the texts in later than this. */
  const nameOf = (name: string): string =>
    optionOf(name).is('[data-i18n]') ? text(`model.${name}`) : name;
  const offer = (name: string): void => {
    if (optionOf(name).length === 0) $('<option>').val(name).text(name).appendTo(select);
  };
  const isElsewhere = (): boolean => setting.typedInput('type') !== 'choice';
  // A model of the user's own, of which the list knows nothing; it stays, also when it is gone.
  if (saved && !isElsewhere()) {
    offer(saved);
    select.val(saved);
  }
  select.attr('aria-describedby', 'lipwire-wav2lip-model-note');

  /** What a model does when it is chosen, or what is missing and the remedy. */
  function sentence({ name, state, takes = '', problem, commercialUse }: ModelChoice): string {
    if (name === 'auto') {
      const key = takes === 'builtin' ? state : 'ready';
      return text(`choice.auto.${key}`, { model: nameOf(takes) });
    }
    if (state !== 'ready') return text(`choice.${state}`, { problem: problem ?? '' });
    if (name === 'builtin') return text('choice.builtin');
    return text(commercialUse ? 'choice.ready' : 'choice.nonCommercial');
  }

  function tell(): void {
    if (isElsewhere()) {
      note.removeClass('lipwire-problem').text('');
      return;
    }
    const chosen = String(select.val());
    const choice = choices.find(({ name }) => name === chosen);
    const isGone = choices.length > 0 && !choice && !isVariable(chosen);
    const isUnusable = !!choice && choice.state !== 'ready' && choice.name !== 'auto';
    note
      .toggleClass('lipwire-problem', isGone || isUnusable)
      .text(isGone ? text('choice.gone') : choice ? sentence(choice) : '');
  }

  /** Says beside a name why it can not be used. */
  function mark(name: string, state: ModelChoice['state']): void {
    const plain = nameOf(name);
    const marked = (): string =>
      text('choice.marked', { name: plain, state: text(`state.${state}`) });
    optionOf(name).text(state === 'ready' ? plain : marked());
  }

  function show(answer: ModelsAnswer | undefined): void {
    if (!answer) return;
    choices = answer.choices;
    for (const { name, state, alias } of choices) {
      if (!alias) offer(name);
      mark(name, name === 'auto' ? 'ready' : state);
    }
    // Those that were there when the dialog opened, or when another studio was chosen.
    select.find<HTMLOptionElement>('option').each((_, { value }) => {
      if (!isVariable(value) && !choices.some(({ name }) => name === value)) mark(value, 'missing');
    });
    tell();
  }

  const askForEquipment = (): void => {
    askEquipment(studioId()).then(
      (answer) => warnFfmpeg(ffmpeg, answer),
      () => undefined,
    );
  };
  askForEquipment();
  const panel = modelsPanel(box, {
    id: 'lipwire-wav2lip-models',
    studio: studioId,
    isShown: ({ kind }) => kind === 'own' || kind.startsWith('wav2lip'),
    onAnswer: show,
  });
  setting.on('change', tell);
  $('#node-input-studio').on('change', () => {
    panel.refresh();
    askForEquipment();
  });
  return panel.close;
}
