/* The diagnostics in the sidebar: looked at, or copied for a bug report. */
window.lipwireSidebarReport =
  window.lipwireSidebarReport ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireSidebarParts.text(...what);

    /**
     * @param into gets the buttons and what they show
     * @param route () => the routes of the chosen studio
     */
    function section(into, route) {
      const { ROOT, textButton, complain } = lipwireSidebarParts;
      const output = $('<pre class="lipwire-report" tabindex="0">')
        .attr('aria-label', text('help'))
        .hide();
      const told = $('<span class="lipwire-note" role="status">');
      const report = () => {
        told.text(text('asking'));
        return $.getJSON(ROOT + route() + '/report')
          .fail((request) => {
            told.text('');
            complain(request);
          })
          .done((answer) => {
            told.text('');
            checks.empty().append(answer.checks.map(checkItem)).show();
            output.text(answer.report).show();
          });
      };
      const show = textButton('fa-stethoscope', 'showReport', report);
      const copy = textButton('fa-clipboard', 'copyReport', () =>
        report().done((answer) => {
          RED.clipboard.copyText(answer.report, copy, text('copied'));
          told.text(text('copied'));
        }),
      ).addClass('lipwire-copy');
      const checks = $('<ul class="lipwire-checks">').hide();
      into.append($('<div class="lipwire-row">').append(copy, show, told), checks, output);
    }

    /** A tick or a cross, what was looked at, and what to do where it is not well. */
    function checkItem({ name, ok, text: found, remedy }) {
      const item = $('<li>')
        .attr('data-ok', String(ok))
        .append($('<div>').text((ok ? '✔ ' : '✘ ') + name + ': ' + found));
      return remedy ? item.append($('<div class="lipwire-facts">').text('→ ' + remedy)) : item;
    }

    return { section };
  })();
