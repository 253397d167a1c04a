/* A portrait with the faces that were found in it, as a picture and in words. */
window.lipwirePortraitPicture =
  window.lipwirePortraitPicture ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const svg = (...what) => lipwirePreview.svg(...what);
    const TYPE = 'lipwire-face-detect';
    const text = (...what) => lipwirePreview.texts(TYPE)(...what);

    function draw(answer) {
      const { picture, source, faces, selected, landmarks } = answer;
      const { width, height } = source;
      const image = $('<img>').attr({
        src: 'data:image/jpeg;base64,' + picture.jpeg,
        alt: '',
        width: picture.width,
        height: picture.height,
      });
      const overlay = svg('svg', {
        viewBox: [0, 0, width, height].join(' '),
        'aria-hidden': 'true',
      });
      const rect = (index, box, role) =>
        svg('rect', {
          class: role + (index === selected ? ' lipwire-face-selected' : ''),
          'data-face': index + 1,
          x: box[0],
          y: box[1],
          width: box[2] - box[0],
          height: box[3] - box[1],
        });
      landmarks.forEach(([x, y]) =>
        overlay.append(
          svg('circle', {
            class: 'lipwire-landmark',
            cx: x,
            cy: y,
            r: Math.max(width, height) / 700,
          }),
        ),
      );
      faces.forEach(({ box }, index) =>
        overlay.append(rect(index, box, 'lipwire-face-edge'), rect(index, box, 'lipwire-face')),
      );
      const stage = $('<div class="lipwire-portrait" role="img">')
        .attr('aria-label', words(answer))
        .append(image, overlay);
      faces.forEach(({ box }, index) => {
        const place = { left: (100 * box[0]) / width + '%', top: (100 * box[1]) / height + '%' };
        stage.append(
          $('<span class="lipwire-face-number">')
            .toggleClass('lipwire-face-selected', index === selected)
            .css(place)
            .text(index + 1),
        );
      });
      return stage;
    }

    function words({ source, faces, selected, time }) {
      const { box, score, roll } = faces[selected] || {};
      const values = {
        number: faces.length,
        taken: selected + 1,
        width: source.width,
        height: source.height,
        time: time === undefined ? '' : lipwirePreview.seconds(time),
      };
      if (!box) return text('none', values);
      const sentences = [
        text(faces.length === 1 ? 'one' : 'several', values),
        text('taken', {
          width: Math.round(box[2] - box[0]),
          height: Math.round(box[3] - box[1]),
          x: Math.round(box[0]),
          y: Math.round(box[1]),
          score: score.toFixed(2),
          roll: Math.round(roll),
        }),
      ];
      if (time !== undefined) sentences.push(text('frame', values));
      return sentences.join(' ');
    }

    $(
      '<style>' +
        '.lipwire-portrait { position: relative; display: table; margin: 0 auto; max-width: 100%; }' +
        '.lipwire-portrait img { display: block; max-width: 100%; max-height: 320px; width: auto; height: auto; }' +
        '.lipwire-portrait svg { position: absolute; inset: 0; width: 100% !important; height: 100% !important; }' +
        '.lipwire-portrait rect { fill: none; vector-effect: non-scaling-stroke; }' +
        '.lipwire-face-edge { stroke: var(--red-ui-secondary-background); stroke-width: 4; }' +
        '.lipwire-face { stroke: var(--red-ui-primary-text-color); stroke-width: 1.5; stroke-dasharray: 5 3; }' +
        '.lipwire-face.lipwire-face-selected { stroke: var(--red-ui-text-color-success); stroke-width: 2.5; stroke-dasharray: none; }' +
        '.lipwire-landmark { fill: var(--red-ui-text-color-success); stroke: var(--red-ui-secondary-background); stroke-width: 0.4; vector-effect: non-scaling-stroke; }' +
        '.lipwire-face-number { position: absolute; min-width: 18px; padding: 0 3px; text-align: center; font-size: 12px; line-height: 18px; color: var(--red-ui-primary-text-color); background: var(--red-ui-secondary-background); }' +
        '.lipwire-face-number.lipwire-face-selected { font-weight: bold; outline: 2px solid var(--red-ui-text-color-success); }' +
        '</style>',
    ).appendTo('head');

    return { draw, words };
  })();
