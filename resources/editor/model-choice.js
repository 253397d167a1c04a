/* The model of a wav2lip node: which can be used now, why another one can not, and what to do about it. */
window.lipwireModelChoice =
  window.lipwireModelChoice ||
  (function () {
    const TEXTS = '@lipwire/node-red-lipwire/lipwire-wav2lip:lipwire-wav2lip.';
    const text = (key, values) => RED._(TEXTS + key, values);

    function studioId() {
      const chosen = $('#node-input-studio').val();
      return chosen && chosen !== '_ADD_' ? chosen : 'shared';
    }

    const optionOf = (select, name) =>
      select.find('option').filter((_, each) => each.value === name);

    /** What one of the choices is called; the editor puts the texts in later than this. */
    const nameOf = (select, name) =>
      optionOf(select, name).is('[data-i18n]') ? text('model.' + name) : name;

    const isVariable = (value) => /^\$\{[^}]+\}$/.test(value);

    /** The sentence about what is chosen: what it does now, or what is missing and the remedy. */
    function sentence(select, choice) {
      const { name, state, takes, problem, commercialUse } = choice;
      if (name === 'auto')
        return text('choice.auto.' + (takes === 'builtin' ? state : 'ready'), {
          model: nameOf(select, takes),
        });
      if (state === 'ready')
        return text(
          name === 'builtin'
            ? 'choice.builtin'
            : commercialUse
              ? 'choice.ready'
              : 'choice.nonCommercial',
        );
      return text('choice.' + state, { problem: problem || '' });
    }

    /** Call it in `oneditprepare` with the model that is saved. */
    function prepare(saved) {
      const setting = $('#node-input-model');
      const select = $('#node-input-model-choice');
      const note = $('#lipwire-wav2lip-model-note');
      const toggle = $('#lipwire-wav2lip-models-toggle');
      const box = $('#lipwire-wav2lip-models').hide();
      let choices = [];

      const offer = (name) => {
        if (optionOf(select, name).length === 0)
          $('<option>').val(name).text(name).appendTo(select);
      };
      // Models of the user's own, of which the page knows nothing; they stay, also when they are gone.
      const isElsewhere = () => setting.typedInput('type') !== 'choice';
      if (saved && !isElsewhere()) {
        offer(saved);
        select.val(saved);
      }
      select.attr('aria-describedby', 'lipwire-wav2lip-model-note');

      function tell() {
        if (isElsewhere()) return note.removeClass('lipwire-problem').text('');
        const choice = choices.find(({ name }) => name === select.val());
        // Nobody here knows what an environment variable holds.
        const isGone = choices.length > 0 && !choice && !isVariable(select.val());
        const isMissing =
          isGone || (!!choice && choice.state !== 'ready' && choice.name !== 'auto');
        note.toggleClass('lipwire-problem', isMissing);
        note.text(isGone ? text('choice.gone') : choice ? sentence(select, choice) : '');
      }

      /** Says beside a name why it can not be used. */
      function mark(name, state) {
        const plain = nameOf(select, name);
        optionOf(select, name).text(
          state ? text('choice.marked', { name: plain, state: text('state.' + state) }) : plain,
        );
      }

      function show(answer) {
        if (!answer) return;
        choices = answer.choices;
        for (const { name, state, alias } of choices) {
          if (!alias) offer(name);
          mark(name, state === 'ready' || name === 'auto' ? '' : state);
        }
        // Those that were there when the dialog opened, or when another studio was chosen.
        select.find('option').each((_, { value }) => {
          const isKnown = isVariable(value) || choices.some(({ name }) => name === value);
          if (!isKnown) mark(value, 'missing');
        });
        tell();
      }

      const ffmpeg = $('#lipwire-wav2lip-ffmpeg-note').hide();
      const askEquipment = () =>
        lipwireEquipment.ask(studioId()).done((answer) => lipwireEquipment.warn(ffmpeg, answer));
      askEquipment();
      const panel = lipwireModels.panel(box, {
        id: 'lipwire-wav2lip-models',
        studio: studioId,
        isShown: ({ kind }) => kind === 'own' || kind.startsWith('wav2lip'),
        onAnswer: show,
      });
      toggle.on('click', (event) => {
        event.preventDefault();
        const isOpen = toggle.attr('aria-expanded') !== 'true';
        toggle.attr('aria-expanded', String(isOpen));
        box.toggle(isOpen);
      });
      setting.on('change', tell);
      $('#node-input-studio').on('change', () => {
        panel.refresh();
        askEquipment();
      });
      return panel.close;
    }

    return { prepare };
  })();
