/* The chosen portrait with the faces that are found in it. Loading it again does nothing. */
window.lipwirePortrait =
  window.lipwirePortrait ||
  (function () {
    // Scripts load in any order: the other one is looked for when it is needed.
    const svg = (...what) => lipwirePreview.svg(...what);
    const TYPE = 'lipwire-face-detect';
    /** Milliseconds after the last change of the dialog. */
    const PATIENCE = 350;
    const text = (...what) => lipwirePreview.texts(TYPE)(...what);

    function show(node, element) {
      const into = lipwirePreview.frame(element);
      const asker = Math.random().toString(36).slice(2);
      const form = into.place.closest('.lipwire-form');
      // Looking for faces is work, which whoever may only read cannot ask for.
      if (!RED.user.hasPermission('lipwire-preview.write')) {
        into.say(lipwirePreview.problem({ status: 403 }));
        return;
      }
      let asked = '';
      let latest = 0;
      let timer;
      function ask() {
        if (!into.isOpen()) return;
        const config = settingsOf(node);
        const question = JSON.stringify({ node: node.id, asker, config });
        if (question === asked) return;
        asked = question;
        const mine = ++latest;
        const isCurrent = () => mine === latest && into.isOpen();
        into.place.attr('aria-busy', 'true');
        if (mine === 1) into.say(text('asking'));
        $.ajax({
          url: 'lipwire-preview/portrait',
          method: 'POST',
          contentType: 'application/json',
          data: question,
        })
          .done((answer) => {
            if (!isCurrent()) return;
            if (answer.awaited) into.say(text('awaited'));
            else into.show(draw(answer), words(answer));
          })
          .fail((request) => isCurrent() && into.say(lipwirePreview.problem(request)))
          .always(() => isCurrent() && into.place.attr('aria-busy', 'false'));
      }
      form.on('change input', () => {
        clearTimeout(timer);
        timer = setTimeout(ask, PATIENCE);
      });
      ask();
    }

    /** The settings as they stand in the open dialog. */
    function settingsOf(node) {
      const config = {};
      Object.keys(node._def.defaults).forEach((field) => {
        const input = $('#node-input-' + field);
        if (input.length === 0) return;
        config[field] = input.is(':checkbox') ? input.prop('checked') : input.val();
      });
      if (config.studio === '_ADD_') config.studio = '';
      return config;
    }

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

    // --- upload ----------------------------------------------------------------------------------

    /** A button that puts a file of this computer's into the user directory and its path into the field. */
    function upload(element, take) {
      if (!RED.user.hasPermission('lipwire-preview.write')) return $(element).hide();
      const told = $('<span class="lipwire-upload-told" role="status">');
      const input = $(
        '<input type="file" accept="image/*,video/*" tabindex="-1" aria-hidden="true" class="lipwire-upload-file">',
      );
      const button = $('<button type="button" class="red-ui-button lipwire-upload">')
        .append(
          '<i class="fa fa-upload" aria-hidden="true"></i> ',
          $('<span>').text(text('upload')),
        )
        .on('click', () => input.trigger('click'));
      input.on('change', () => {
        const [file] = input[0].files;
        input.val('');
        if (file) send(file, false);
      });
      function send(file, replace) {
        const query = $.param({ name: file.name, ...(replace && { replace: true }) });
        button.prop('disabled', true);
        told.text(text('uploading', { name: file.name, percent: 0 }));
        $.ajax({
          url: 'lipwire-preview/portraits?' + query,
          method: 'POST',
          contentType: 'application/octet-stream',
          processData: false,
          data: file,
          xhr: () => {
            const request = $.ajaxSettings.xhr();
            request.upload.addEventListener('progress', ({ loaded, total }) => {
              told.text(
                text('uploading', { name: file.name, percent: Math.floor((100 * loaded) / total) }),
              );
            });
            return request;
          },
        })
          .always(() => button.prop('disabled', false))
          .fail((request) => told.text(lipwirePreview.problem(request)))
          .done(({ path, isThere }) => {
            told.text('');
            if (isThere) ask(file, path);
            else take(path);
          });
      }
      /** Nothing is replaced unasked. */
      function ask(file, path) {
        const notice = RED.notify($('<span>').text(text('isThere', { path })).html(), {
          modal: true,
          fixed: true,
          buttons: [
            { text: text('cancel'), click: () => notice.close() },
            {
              text: text('keep'),
              click: () => {
                notice.close();
                take(path);
              },
            },
            {
              text: text('replace'),
              class: 'primary',
              click: () => {
                notice.close();
                send(file, true);
              },
            },
          ],
        });
      }
      return $(element).append(button, input, ' ', told);
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
        '.lipwire-upload-file { position: absolute; width: 1px !important; height: 1px; opacity: 0; }' +
        '.lipwire-upload-row { margin-inline-start: 154px; }' +
        '.lipwire-preview[aria-busy=true] .lipwire-preview-picture { opacity: 0.6; }' +
        '</style>',
    ).appendTo('head');

    return { show, upload };
  })();
