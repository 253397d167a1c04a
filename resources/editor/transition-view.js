/* Moving pictures of what stitch's transitions do. Loading it again does nothing. */
window.lipwireTransitionView =
  window.lipwireTransitionView ||
  (function () {
    // Scripts load in any order: the other one is looked for when it is needed.
    const text = (...what) => lipwirePreview.texts('lipwire-stitch')(...what);
    /** The options have no texts yet when a dialog is prepared. */
    const nameOf = (transition) =>
      RED._('@lipwire/node-red-lipwire/lipwire-stitch:lipwire-stitch.transition.' + transition);
    const [WIDTH, HEIGHT] = [96, 54];
    /** Milliseconds: the transition, and how long each picture rests; and between two frames. */
    const [MOVES, RESTS, FRAME] = [1400, 600, 60];
    /** What is shown instead to those who want no movement. */
    const STILLS = [0.75, 0.5, 0.25];

    const isCalm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

    /** A coloured card with a number on it, as pixels. */
    function card(colour, ink, words) {
      const canvas = $('<canvas>').attr({ width: WIDTH, height: HEIGHT })[0];
      const context = canvas.getContext('2d', { willReadFrequently: true });
      context.fillStyle = colour;
      context.fillRect(0, 0, WIDTH, HEIGHT);
      context.fillStyle = ink;
      context.font = 'bold 34px sans-serif';
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(words, WIDTH / 2, HEIGHT / 2 + 2);
      const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
      return (x, y) => {
        const at = 4 * (Math.floor(y) * WIDTH + Math.floor(x));
        return [data[at], data[at + 1], data[at + 2]];
      };
    }

    function cards() {
      const style = getComputedStyle(document.documentElement);
      const colour = (name) => style.getPropertyValue('--red-ui-' + name).trim();
      const paper = colour('secondary-background');
      return [
        card(colour('text-color-success'), paper, '1'),
        card(colour('primary-text-color'), paper, '2'),
      ];
    }

    function paint(canvas, name, left, [a, b]) {
      const context = canvas.getContext('2d');
      const image = context.createImageData(WIDTH, HEIGHT);
      const pixel = lipwireTransitions[name] || lipwireTransitions.cut;
      for (let y = 0, at = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++, at += 4) {
          image.data.set(pixel({ x, y, w: WIDTH, h: HEIGHT, left, a, b }), at);
          image.data[at + 3] = 255;
        }
      }
      context.putImageData(image, 0, 0);
    }

    /** What is left of the first picture after so many milliseconds: there and, after a rest, again. */
    function leftAt(time) {
      const at = time % (MOVES + 2 * RESTS);
      return Math.min(1, Math.max(0, 1 - (at - RESTS) / MOVES));
    }

    const canvasOf = () => $('<canvas aria-hidden="true">').attr({ width: WIDTH, height: HEIGHT });

    /** Draws while the dialog is open, and only what can be seen. @param shown returns [canvas, name] pairs */
    function run(box, shown) {
      const pictures = cards();
      let drawnAt = -Infinity;
      function frame(now) {
        if (!document.contains(box)) return;
        requestAnimationFrame(frame);
        if (now - drawnAt < FRAME || isCalm()) return;
        drawnAt = now;
        shown().forEach(([canvas, name]) => paint(canvas, name, leftAt(now), pictures));
      }
      requestAnimationFrame(frame);
      return pictures;
    }

    /** The chosen transition under its field, and all of them to choose from. */
    function show(element) {
      const setting = $('#node-input-transition');
      const list = $('#node-input-transition-choice');
      const place = $(element).addClass('lipwire-transition');
      const [moving, stills] = [canvasOf(), STILLS.map(canvasOf)];
      const picture = $('<div class="lipwire-transition-picture" role="img">').append(
        moving,
        stills,
      );
      const grid = $('<div class="lipwire-transition-grid">');
      const all = $('<details>').append($('<summary>').text(text('all')), grid);
      place.append(picture, all);
      const buttons = list
        .find('option')
        .get()
        // An imported flow may name another one.
        .filter(({ value }) => lipwireTransitions[value])
        .map(({ value }) => choice(value));
      grid.append(buttons.map(({ button }) => button));

      function choice(name) {
        const canvas = canvasOf();
        const button = $('<button type="button" class="red-ui-button">').append(
          canvas,
          $('<span>').text(nameOf(name)),
        );
        button.on('click', () => setting.typedInput('type', 'choice').typedInput('value', name));
        return { name, canvas, button };
      }

      const isSeen = (canvas) => {
        const { top, bottom } = canvas.getBoundingClientRect();
        return bottom > 0 && top < window.innerHeight;
      };
      const pictures = run(place[0], () => {
        const open = all.prop('open') ? buttons.filter(({ canvas }) => isSeen(canvas[0])) : [];
        return [[moving[0], setting.val()], ...open.map(({ canvas, name }) => [canvas[0], name])];
      });
      function update() {
        const chosen = setting.val();
        // Where it comes from a message, nobody knows yet what it is.
        picture.toggle(buttons.some(({ name }) => name === chosen));
        picture.attr('aria-label', text('transition', { name: nameOf(chosen) }));
        moving.toggle(!isCalm());
        stills.forEach(
          (each, i) => each.toggle(isCalm()) && paint(each[0], chosen, STILLS[i], pictures),
        );
        buttons.forEach(({ name, button }) => button.attr('aria-pressed', String(name === chosen)));
      }
      // Half way each one shows what it is, also where nothing moves.
      buttons.forEach(({ name, canvas }) =>
        paint(canvas[0], name, name === 'cut' ? 1 : 0.5, pictures),
      );
      setting.on('change', update);
      update();
    }

    $(
      '<style>' +
        '.lipwire-transition { margin: 0 0 12px; margin-inline-start: 154px; }' +
        '.lipwire-transition-picture { display: flex; gap: 4px; }' +
        '.lipwire-transition canvas { border: 1px solid var(--red-ui-secondary-border-color); }' +
        '.lipwire-transition details { margin-top: 6px; }' +
        '.lipwire-transition summary { cursor: pointer; }' +
        '.lipwire-transition-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 6px; max-height: 300px; overflow: auto; padding: 4px; }' +
        '.lipwire-transition-grid button.red-ui-button { height: auto; width: auto; padding: 4px; line-height: 1.2; white-space: normal; }' +
        '.lipwire-transition-grid canvas { display: block; margin: 0 auto 2px; max-width: 100%; }' +
        '.lipwire-transition-grid button[aria-pressed=true] { outline: 2px solid var(--red-ui-text-color-success); }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
