/* Loudness over time before and after loudnorm. Loading it again does nothing. */
window.lipwireLoudness =
  window.lipwireLoudness ||
  (function () {
    // Scripts load in any order: the other one is looked for when it is needed.
    const svg = (...what) => lipwirePreview.svg(...what);
    const minus = (value) => lipwirePreview.minus(value);
    const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 200, 34, 8, 8, 22];
    /** LUFS at the lower end, at most; and between two lines. */
    const LOWEST = -60;
    const GRID = 10;

    /** Seconds at the end of window `i`: EBU meters show a window when it is over. */
    const LENGTHS = { momentary: 0.4, shortTerm: 3 };

    function show(node, element) {
      lipwirePreview.last(node, element, 'lipwire-loudnorm', (facts, text, into) => {
        const { loudness, series } = facts;
        if (!series || !loudness) return into.say(text('gone'));
        return [
          [
            $(chart(facts, text)),
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

    function chart({ duration, loudness, series }, text) {
      const values = ['before', 'after']
        .flatMap((when) => series[when].momentary)
        .filter((each) => each !== null);
      const floor = Math.max(
        LOWEST,
        GRID * Math.floor((Math.min(loudness.target, ...values) - 1) / GRID),
      );
      const x = (time) => LEFT + ((WIDTH - LEFT - RIGHT) * time) / duration;
      const y = (lufs) => TOP + ((HEIGHT - TOP - BOTTOM) * -Math.max(lufs, floor)) / -floor;
      const picture = svg('svg', {
        viewBox: [0, 0, WIDTH, HEIGHT].join(' '),
        role: 'img',
        'aria-label': summary(duration, loudness, text),
      });
      for (let lufs = 0; lufs >= floor; lufs -= GRID) {
        picture.append(
          svg('line', {
            class: 'lipwire-axis',
            x1: LEFT,
            x2: WIDTH - RIGHT,
            y1: y(lufs),
            y2: y(lufs),
          }),
        );
        picture.append(
          svg('text', { x: LEFT - 4, y: y(lufs) + 4, 'text-anchor': 'end' }, [minus(lufs)]),
        );
      }
      const step = ticks(duration);
      for (let time = 0; time <= duration; time += step) {
        const anchor = time === 0 ? 'start' : 'middle';
        picture.append(
          svg('text', { x: x(time), y: HEIGHT - 6, 'text-anchor': anchor }, [
            lipwirePreview.seconds(time),
          ]),
        );
      }
      for (const when of ['before', 'after']) {
        for (const kind of ['momentary', 'shortTerm']) {
          const { step: between, [kind]: points } = series[when];
          const d = path(
            points.map(
              (lufs, i) =>
                lufs !== null && [x(Math.min(duration, i * between + LENGTHS[kind])), y(lufs)],
            ),
          );
          picture.append(
            svg('path', { class: 'lipwire-loudness-' + when + ' lipwire-loudness-' + kind, d }),
          );
        }
      }
      if (series.after.shortTerm.length === 0) picture.classList.add('lipwire-loudness-short');
      const { target } = loudness;
      picture.append(
        svg('line', {
          class: 'lipwire-loudness-target',
          x1: LEFT,
          x2: WIDTH - RIGHT,
          y1: y(target),
          y2: y(target),
          'data-target': target,
        }),
      );
      return picture;
    }

    /** Lines between the points that are there; a point alone is a dot. */
    function path(points) {
      let isDown = false;
      return points
        .map((point, i) => {
          if (!point) return (isDown = false) || '';
          const [x, y] = point.map((each) => each.toFixed(1));
          const move = isDown ? 'L' : 'M';
          isDown = true;
          return move + x + ' ' + y + (move === 'M' && !points[i + 1] ? 'h0.1' : '');
        })
        .join('');
    }

    /** Round times, some five of them. */
    function ticks(duration) {
      return (
        [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600].find(
          (step) => duration / step <= 6,
        ) || 7200
      );
    }

    const number = (value, unit) =>
      value === null || value === undefined ? '\u2013' : minus(value.toFixed(1)) + ' ' + unit;

    function summary(duration, loudness, text) {
      const { before, target, integrated, truePeak } = loudness;
      return text('summary', {
        seconds: lipwirePreview.seconds(duration),
        before: number(before && before.integrated, 'LUFS'),
        after: number(integrated, 'LUFS'),
        target: number(target, 'LUFS'),
        peakBefore: number(before && before.truePeak, 'dBTP'),
        peakAfter: number(truePeak, 'dBTP'),
      });
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
        '.lipwire-preview path { fill: none; stroke-linejoin: round; stroke-linecap: round; }' +
        '.lipwire-loudness-before { stroke: var(--red-ui-secondary-text-color); stroke-dasharray: 4 3; }' +
        '.lipwire-loudness-after { stroke: var(--red-ui-text-color-success); }' +
        '.lipwire-loudness-momentary { stroke-width: 1.2; opacity: 0.8; }' +
        // Too short for windows of 3 s.
        '.lipwire-loudness-short .lipwire-loudness-momentary { stroke-width: 2; opacity: 1; }' +
        '.lipwire-loudness-shortTerm { stroke-width: 2.5; }' +
        '.lipwire-loudness-target { stroke: var(--red-ui-text-color-error); stroke-width: 1.5; stroke-dasharray: 8 3; }' +
        '.lipwire-loudness-legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 4px 0; font-size: 12px; }' +
        '.lipwire-loudness-legend svg { display: inline-block !important; width: 26px !important; height: 10px !important; margin-inline-end: 4px; }' +
        '.lipwire-loudness-table { width: 100%; font-size: 12px; font-variant-numeric: tabular-nums; }' +
        '.lipwire-loudness-table th, .lipwire-loudness-table td { padding: 2px 6px; text-align: start; font-weight: normal; }' +
        '.lipwire-loudness-table tr > * { border-top: 1px solid var(--red-ui-secondary-border-color); }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
