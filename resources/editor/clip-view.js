/* What wav2lip made last: the mouth's openness over the waveform, and a still. Loading it again does nothing. */
window.lipwireClip =
  window.lipwireClip ||
  (function () {
    // Scripts load in any order: the other one is looked for when it is needed.
    const svg = (...what) => lipwirePreview.svg(...what);
    const [WIDTH, HEIGHT, BOTTOM] = [560, 120, 20];

    function show(node, element) {
      lipwirePreview.last(node, element, 'lipwire-wav2lip', (facts, text) => {
        const { still, stillTime, word } = facts;
        const place = { time: lipwirePreview.seconds(stillTime), word };
        const caption = text(word ? 'stillWord' : 'still', place);
        const picture = $('<img>').attr({
          src: 'data:image/jpeg;base64,' + still.jpeg,
          alt: caption,
          width: still.width,
          height: still.height,
        });
        const shown =
          facts.openness.length > 0 ? facts.openness[facts.openness.length - 1].time : 0;
        const part =
          shown + 1 < facts.duration
            ? text('part', { seconds: lipwirePreview.seconds(shown) })
            : '';
        const mean = means(facts);
        return [
          [
            $('<div class="lipwire-clip">').append(
              $('<figure>').append(picture, $('<figcaption>').text(caption)),
              lipwirePreview.player(node, 'video'),
            ),
            chart(facts, mean, text),
            legend(text),
          ],
          [
            facts.text,
            text('facts', { model: nameOf(facts.model), frames: facts.frames, ...mean }),
            part,
          ]
            .filter(Boolean)
            .join('\n'),
        ];
      });
    }

    /** Models of the user's own are called as they are. */
    function nameOf(model) {
      const key = '@lipwire/node-red-lipwire/lipwire-wav2lip:lipwire-wav2lip.model.' + model;
      return RED._(key, { defaultValue: model });
    }

    /** Mean and largest openness in percent of the mouth's width. */
    function means({ openness }) {
      const seen = openness.map(({ open }) => open).filter((open) => open !== null);
      const percent = (share) => (seen.length > 0 ? Math.round(100 * share) : '\u2013');
      return {
        mean: percent(seen.reduce((sum, open) => sum + open, 0) / seen.length),
        most: percent(Math.max(...seen)),
      };
    }

    function chart({ duration, waveform, openness, stillTime }, mean, text) {
      const end = Math.max(
        stillTime,
        openness.length > 0 ? openness[openness.length - 1].time : 0,
        0.1,
      );
      const shown = Math.min(duration, end + 0.1);
      const label = text('summary', { seconds: lipwirePreview.seconds(shown), ...mean });
      const picture = svg('svg', {
        viewBox: [0, 0, WIDTH, HEIGHT].join(' '),
        role: 'img',
        'aria-label': label,
      });
      const x = (time) => (WIDTH * time) / shown;
      const middle = (HEIGHT - BOTTOM) / 2;
      const edge = (side) =>
        waveform.map((peak, i) => [
          (WIDTH * (i + 0.5)) / waveform.length,
          middle + side * peak * middle,
        ]);
      const points = [...edge(-1), ...edge(1).reverse()].map((point) =>
        point.map((each) => each.toFixed(1)).join(' '),
      );
      if (points.length > 0)
        picture.append(svg('path', { class: 'lipwire-waveform', d: 'M' + points.join('L') + 'Z' }));
      // A mouth that is open by its own width would be a yawn.
      const y = (open) => (HEIGHT - BOTTOM) * (1 - Math.min(1, 1.6 * open)) - 1;
      let isDown = false;
      const line = openness.map(({ time, open }) => {
        const move = isDown && open !== null ? 'L' : 'M';
        isDown = open !== null;
        return isDown ? move + x(time).toFixed(1) + ' ' + y(open).toFixed(1) : '';
      });
      picture.append(svg('path', { class: 'lipwire-openness', d: line.join('') }));
      const at = x(stillTime);
      picture.append(
        svg('line', {
          class: 'lipwire-still-mark',
          x1: at,
          x2: at,
          y1: 0,
          y2: HEIGHT - BOTTOM,
          'data-time': stillTime,
        }),
      );
      picture.append(svg('text', { x: 0, y: HEIGHT - 5 }, [lipwirePreview.seconds(0)]));
      picture.append(
        svg('text', { x: WIDTH, y: HEIGHT - 5, 'text-anchor': 'end' }, [
          lipwirePreview.seconds(shown),
        ]),
      );
      return $(picture);
    }

    function legend(text) {
      const entry = (type) =>
        $('<span>').append(
          svg('svg', { viewBox: '0 0 26 10', 'aria-hidden': 'true' }, [
            svg('path', { class: 'lipwire-' + type, d: 'M1 3H25V7H1Z' }),
          ]),
          $('<span>').text(text(type)),
        );
      return $('<div class="lipwire-clip-legend">').append(
        entry('waveform'),
        entry('openness'),
        entry('still-mark'),
      );
    }

    $(
      '<style>' +
        '.lipwire-clip { display: flex; gap: 10px; align-items: flex-start; margin-bottom: 8px; }' +
        '.lipwire-clip > div { flex: 1; min-width: 0; margin: 0; }' +
        '.lipwire-clip figure { flex: 0 0 45%; margin: 0; }' +
        '.lipwire-clip img { display: block; width: 100%; height: auto; }' +
        '.lipwire-clip figcaption { font-size: 11px; overflow-wrap: anywhere; }' +
        '.lipwire-preview .lipwire-waveform { fill: var(--red-ui-secondary-text-color); opacity: 0.45; stroke: none; }' +
        '.lipwire-preview .lipwire-openness { fill: none; stroke: var(--red-ui-text-color-success); stroke-width: 2; }' +
        '.lipwire-preview .lipwire-still-mark { fill: none; stroke: var(--red-ui-text-color-error); stroke-width: 1.5; stroke-dasharray: 4 3; }' +
        '.lipwire-clip-legend { display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: 12px; }' +
        '.lipwire-clip-legend svg { display: inline-block !important; width: 26px !important; height: 10px !important; margin-inline-end: 4px; }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
