/* What a job of the sidebar made: shown under its row, or downloaded. */
window.lipwireSidebarResults =
  window.lipwireSidebarResults ||
  (function () {
    // Scripts load in any order: the others are looked for when they are needed.
    const text = (...what) => lipwireSidebarParts.text(...what);

    /** The preview that is open; its address is given back when it closes. */
    let preview;

    function isOpen(row) {
      return !!preview && preview.row === row;
    }

    function close() {
      if (!preview) return;
      const { row, url, box } = preview;
      preview = undefined;
      box.remove();
      URL.revokeObjectURL(url);
      row.play.attr({ 'aria-expanded': 'false', 'aria-label': text('play') });
    }

    /** Before a row goes. */
    function closeOf(row) {
      if (isOpen(row)) close();
    }

    /** Asked for by the editor, which says who it is; a player could not. */
    function fetchResult(row) {
      const { ROOT, complain } = lipwireSidebarParts;
      return $.ajax({
        url: ROOT + 'jobs/' + encodeURIComponent(row.job.id) + '/result',
        xhrFields: { responseType: 'blob' },
        processData: false,
      }).fail((request) =>
        request.status === 404
          ? lipwireElements.say(row.facts, text('gone'))
          : complain({ status: request.status }),
      );
    }

    function toggle(row) {
      const wasOpen = isOpen(row);
      close();
      if (wasOpen) return;
      fetchResult(row).done((blob) => {
        close();
        const url = URL.createObjectURL(blob);
        const player = $(row.job.media === 'audio' ? '<audio controls>' : '<video controls>').attr({
          src: url,
          'aria-label': row.job.text || text('play'),
        });
        player.on('loadedmetadata', () => player[0].scrollIntoView({ block: 'nearest' }));
        preview = {
          row,
          url,
          box: $('<div class="lipwire-result">').append(player).appendTo(row.container),
        };
        row.play.attr({ 'aria-expanded': 'true', 'aria-label': text('hide') });
      });
    }

    function download(row) {
      fetchResult(row).done((blob) => {
        const url = URL.createObjectURL(blob);
        const ending = row.job.media === 'audio' ? '.wav' : '.mp4';
        const link = $('<a>')
          .attr({ href: url, download: 'lipwire-' + row.job.stage + '-' + row.job.id + ending })
          .appendTo('body');
        link[0].click();
        link.remove();
        setTimeout(() => URL.revokeObjectURL(url), 60000);
      });
    }

    return { toggle, closeOf, download };
  })();
