/* What the dialogs' previews share: a frame with a sentence or a picture. Loading it again does nothing. */
window.lipwirePreview =
  window.lipwirePreview ||
  (function () {
    const PACKAGE = '@lipwire/node-red-lipwire/';
    const SHARED = PACKAGE + 'lipwire-studio:lipwire-studio.sidebar.';
    const SVG = 'http://www.w3.org/2000/svg';
    /** Milliseconds between two looks while jobs run. */
    const PATIENCE = 2000;

    /** A text of the node type's own catalogue. */
    function texts(type) {
      return (key, values) => RED._(PACKAGE + type + ':' + type + '.preview.' + key, values);
    }

    /** What went wrong, as one sentence. */
    function problem(request) {
      if (request.status === 401 || request.status === 403) return RED._(SHARED + 'forbidden');
      const { error } = request.responseJSON || {};
      return lipwireError(error) || RED._(SHARED + 'failed');
    }

    /** The place of a preview: it holds a picture, or a sentence instead of one, which is read out. */
    function frame(element) {
      const place = $(element).addClass('lipwire-preview');
      const picture = $('<div class="lipwire-preview-picture">').appendTo(place);
      const words = $('<p class="lipwire-preview-words" role="status">').appendTo(place);
      return {
        place,
        say(sentence) {
          picture.empty().hide();
          words.text(sentence);
        },
        show(content, caption) {
          picture.empty().append(content).show();
          words.text(caption || '');
        },
        isOpen: () => document.contains(place[0]),
      };
    }

    /**
     * Shows what a node made last, and again when it has made something else while the dialog is open.
     * @param draw returns what is shown, and the words under it
     */
    function last(node, element, type, draw) {
      const text = texts(type);
      const into = frame(element);
      let at;
      let timer;
      function ask() {
        timer = undefined;
        if (!into.isOpen()) return;
        $.getJSON('lipwire-preview/nodes/' + encodeURIComponent(node.id))
          .done((facts) => {
            if (!into.isOpen() || (facts.at !== undefined && facts.at === at)) return;
            at = facts.at;
            if (facts.nothing) into.say(text('nothing'));
            else if (facts.gone) into.say(text('gone'));
            else
              Promise.resolve(draw(facts, text, into)).then(
                (drawn) => drawn && into.show(...drawn),
              );
          })
          .fail((request) => into.isOpen() && at === undefined && into.say(problem(request)));
      }
      function news() {
        if (!into.isOpen()) return RED.comms.unsubscribe('lipwire/jobs', news);
        if (timer === undefined) timer = setTimeout(ask, PATIENCE);
      }
      into.say(text('asking'));
      ask();
      RED.comms.subscribe('lipwire/jobs', news);
      return into;
    }

    /** An element of SVG. */
    function svg(name, attributes, children) {
      const element = document.createElementNS(SVG, name);
      Object.entries(attributes || {}).forEach(([key, value]) => element.setAttribute(key, value));
      (children || []).forEach((child) => element.append(child));
      return element;
    }

    /** A button that plays what the node made last. Fetched by the editor, which says who it is. */
    function player(node, kind) {
      const box = $('<div class="lipwire-preview-player">');
      let url;
      const button = $('<button type="button" class="red-ui-button red-ui-button-small">')
        .append(
          '<i class="fa fa-play" aria-hidden="true"></i> ',
          $('<span>').text(RED._(SHARED + 'play')),
        )
        .on('click', () => {
          $.ajax({
            url: 'lipwire-preview/nodes/' + encodeURIComponent(node.id) + '/media',
            xhrFields: { responseType: 'blob' },
            processData: false,
          })
            .fail((request) =>
              RED.notify(
                $('<span>')
                  .text(problem({ status: request.status }))
                  .html(),
                'error',
              ),
            )
            .done((blob) => {
              url = URL.createObjectURL(blob);
              const media = $(
                kind === 'audio' ? '<audio controls autoplay>' : '<video controls autoplay>',
              );
              media
                .attr({ src: url, 'aria-label': RED._(SHARED + 'play') })
                .on('loadeddata', () => {
                  URL.revokeObjectURL(url);
                });
              button.replaceWith(media);
            });
        });
      return box.append(button);
    }

    const seconds = (value) => RED._(SHARED + 'unit.seconds', { number: value.toFixed(1) });
    const minus = (value) => String(value).replace('-', '\u2212');

    $(
      '<style>' +
        '.lipwire-preview { contain: inline-size; margin: 4px 0 16px; color: var(--red-ui-primary-text-color); }' +
        '.lipwire-preview-picture { padding: 6px; border: 1px solid var(--red-ui-secondary-border-color); border-radius: 4px; background: var(--red-ui-primary-background); }' +
        '.lipwire-preview-picture svg { display: block; width: 100%; height: auto; }' +
        '.lipwire-preview-words { margin: 4px 0 0; color: var(--red-ui-primary-text-color); overflow-wrap: anywhere; white-space: pre-line; }' +
        '.lipwire-preview text { fill: var(--red-ui-primary-text-color); font-size: 11px; }' +
        '.lipwire-preview .lipwire-axis { stroke: var(--red-ui-secondary-border-color); stroke-width: 1; }' +
        '.lipwire-preview-player { margin-top: 6px; }' +
        '.lipwire-preview-player audio, .lipwire-preview-player video { width: 100%; max-height: 320px; }' +
        '</style>',
    ).appendTo('head');

    return { texts, problem, frame, last, svg, player, seconds, minus };
  })();
