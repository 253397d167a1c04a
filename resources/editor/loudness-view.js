/* What loudnorm did last: its curves, what they are, the figures, and how it sounds. Loading it again does nothing. */
window.lipwireLoudness =
  window.lipwireLoudness ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const svg = (...what) => lipwirePreview.svg(...what);
    const minus = (value) => lipwirePreview.minus(value);
    const number = (...what) => lipwireLoudnessChart.number(...what);

    function show(node, element) {
      lipwirePreview.last(node, element, 'lipwire-loudnorm', (facts, text, into) => {
        const { loudness, series } = facts;
        if (!series || !loudness) return into.say(text('gone'));
        return [
          [
            $(lipwireLoudnessChart.chart(facts, text)),
            legend(text),
            table(loudness, text),
            lipwirePreview.player(node, 'audio'),
          ],
          [facts.text, ...notes(loudness, text)].filter(Boolean).join('\n'),
        ];
      });
    }

    /** What was out of the ordinary; results of an earlier version have it in English only. */
    function notes({ notes: known, note }, text) {
      if (!known) return [note];
      const rounded = (value) => (typeof value === 'number' ? minus(+value.toFixed(1)) : value);
      return known.map(({ type, ...values }) =>
        text(
          'note.' + type,
          Object.fromEntries(Object.entries(values).map(([key, value]) => [key, rounded(value)])),
        ),
      );
    }

    function legend(text) {
      const entry = (type) =>
        $('<span>').append(
          svg('svg', { viewBox: '0 0 26 10', 'aria-hidden': 'true' }, [
            svg('path', { class: type, d: 'M1 5H25' }),
          ]),
          $('<span>').text(text(type.split('-').pop())),
        );
      return $('<div class="lipwire-loudness-legend">').append(
        entry('lipwire-loudness-shortTerm lipwire-loudness-before'),
        entry('lipwire-loudness-shortTerm lipwire-loudness-after'),
        entry('lipwire-loudness-target'),
        $('<span>').text(text('curves')),
      );
    }

    function table({ before, integrated, range, truePeak, gain }, text) {
      const after = { integrated, range, truePeak };
      const cell = (tag, content) => $('<' + tag + '>').text(content);
      const row = (name, measure) =>
        $('<tr>').append(
          cell('th', name).attr('scope', 'row'),
          cell('td', number(measure && measure.integrated, 'LUFS')),
          cell('td', number(measure && measure.truePeak, 'dBTP')),
          cell('td', number(measure && measure.range, 'LU')),
        );
      const head = [
        text('gain', { gain: number(gain, 'dB') }),
        text('integrated'),
        text('truePeak'),
        text('range'),
      ];
      return $('<table class="lipwire-loudness-table">').append(
        $('<thead>').append(
          $('<tr>').append(head.map((each) => cell('th', each).attr('scope', 'col'))),
        ),
        $('<tbody>').append(row(text('before'), before), row(text('after'), after)),
      );
    }

    $(
      '<style>' +
        '.lipwire-loudness-legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 4px 0; font-size: 12px; }' +
        '.lipwire-loudness-legend svg { display: inline-block !important; width: 26px !important; height: 10px !important; margin-inline-end: 4px; }' +
        '.lipwire-loudness-table { width: 100%; font-size: 12px; font-variant-numeric: tabular-nums; }' +
        '.lipwire-loudness-table th, .lipwire-loudness-table td { padding: 2px 6px; text-align: start; font-weight: normal; }' +
        '.lipwire-loudness-table tr > * { border-top: 1px solid var(--red-ui-secondary-border-color); }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
