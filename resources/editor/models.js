/* The models of a studio, in its own dialog and in that of wav2lip: what is there, and how to get the rest. */
window.lipwireModels =
  window.lipwireModels ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireModelParts.text(...what);
    const say = (...what) => lipwireElements.say(...what);
    /** Milliseconds between two questions while something is under way. */
    const BUSY = 500;

    /**
     * Shows the models of a studio and keeps them up to date while it stands in the page.
     * @param options.studio () => the id of the studio, `shared` for the one of nodes without
     * @param options.isShown (model) => whether it belongs here
     * @param options.onAnswer (answer) is told each answer of the store
     */
    function panel(into, { studio, isShown = () => true, onAnswer = () => undefined, id }) {
      const rows = new Map();
      const told = $('<p class="lipwire-model-facts">');
      const notice = $('<p class="lipwire-problem" role="alert">').hide();
      const list = $('<ul class="lipwire-model-list">').attr('aria-label', text('list'));
      let timer;
      let isOver = false;
      let serial = 0;

      const route = (action) =>
        'lipwire-studio/' + encodeURIComponent(studio()) + '/models' + action;
      const post = (action, body) => {
        notice.hide();
        return $.ajax({
          url: route('/' + action),
          method: 'POST',
          contentType: 'application/json',
          data: JSON.stringify(body),
        })
          .done(refresh)
          .fail((request) => say(notice.show(), lipwireModelParts.problem(request)));
      };
      const adder = lipwireModelAdder(post, id + '-file');
      into.addClass('lipwire-models').empty().append(told, notice, list);
      if (lipwireModelParts.mayWrite()) into.append(adder.row, adder.told);

      function show({ folder, models, tasks }) {
        say(told, text('folder', { folder }));
        const wanted = models.filter(isShown);
        for (const [name, row] of rows) {
          if (wanted.some((model) => model.name === name)) continue;
          row.item.remove();
          rows.delete(name);
        }
        for (const model of wanted) {
          if (!rows.has(model.name)) rows.set(model.name, lipwireModelRow.make(list, post));
          lipwireModelRow.update(
            rows.get(model.name),
            model,
            tasks.find(({ name }) => name === model.name),
          );
        }
        adder.show(tasks);
      }

      function refresh() {
        clearTimeout(timer);
        if (isOver) return;
        serial += 1;
        const mine = serial;
        $.getJSON(route(''))
          .done((answer) => {
            if (isOver || mine !== serial) return;
            show(answer);
            onAnswer(answer);
            // The dialog may have been closed by whatever way.
            isOver = !document.contains(into[0]);
            if (!isOver && answer.tasks.some(({ state }) => state === 'running'))
              timer = setTimeout(refresh, BUSY);
          })
          .fail((request) => {
            if (isOver || mine !== serial) return;
            say(notice.show(), lipwireModelParts.problem(request));
            onAnswer(undefined);
          });
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

    return { panel };
  })();
