/* The player with the stream that hls-export published last. Loading it again does nothing. */
window.lipwireStream =
  window.lipwireStream ||
  (function () {
    function show(node, element) {
      lipwirePreview.last(node, element, 'lipwire-hls-export', async (facts, text, into) => {
        const { watchUrl, duration, renditions, segments } = facts;
        if (!watchUrl || !(await isPublished(watchUrl))) return into.say(text('withdrawn'));
        const sizes = renditions.map(({ width, height }) => width + '\u00d7' + height).join(', ');
        const values = { seconds: lipwirePreview.seconds(duration), segments, sizes };
        const player = $('<iframe allow="fullscreen; autoplay">').attr({
          src: watchUrl,
          title: text('summary', values),
        });
        player.css('color-scheme', schemeOf(into.place[0]));
        const link = $('<a target="_blank" rel="noopener">').attr('href', watchUrl).text(watchUrl);
        return [[player, $('<div>').append(link)], text('facts', values)];
      });
    }

    /** As bright as the editor, whatever the system prefers: the page follows its frame. */
    function schemeOf(element) {
      const [red, green, blue] = getComputedStyle(element)
        .color.match(/[\d.]+/g)
        .map(Number);
      return red + green + blue > 382 ? 'dark' : 'light';
    }

    /** Anything but "not there" is for the player to tell. */
    async function isPublished(address) {
      try {
        return (await fetch(address, { method: 'HEAD' })).status !== 404;
      } catch {
        return false;
      }
    }

    $(
      '<style>' +
        '.lipwire-preview iframe { display: block; width: 100%; height: 410px; border: 0; }' +
        '.lipwire-preview-picture a { overflow-wrap: anywhere; }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
