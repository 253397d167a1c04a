/* Loudness over time before and after loudnorm, drawn as curves. */
window.lipwireLoudnessChart =
  window.lipwireLoudnessChart ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const svg = (...what) => lipwirePreview.svg(...what);
    const minus = (value) => lipwirePreview.minus(value);
    const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 200, 34, 8, 8, 22];
    /** LUFS at the lower end, at most; and between two lines. */
    const LOWEST = -60;
    const GRID = 10;

    /** Seconds at the end of window `i`: EBU meters show a window when it is over. */
    const LENGTHS = { momentary: 0.4, shortTerm: 3 };

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
        '</style>',
    ).appendTo('head');

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

    /** A measure with its unit; a dash where there is none. */
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

    return { chart, number };
  })();
