/* A studio in the sidebar: its workspace, with a button that clears it, and its models. */
window.lipwireSidebarStudio =
  window.lipwireSidebarStudio ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireSidebarParts.text(...what);
    const size = (bytes) => lipwireUnits.size(bytes);

    /**
     * @param into gets the studio's workspace and models
     * @param reportInto gets its diagnostics
     * @returns what fills both, when they are first looked at
     */
    function section(into, reportInto) {
      const { ROOT, mayWrite, iconButton, textButton, ask, post, complain } = lipwireSidebarParts;
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
      lipwireSidebarReport.section(reportInto, route);

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
          const used = text('size', {
            size: size(workspace.bytes),
            limit: size(workspace.maxBytes),
          });
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

    return { section };
  })();
