/* The segments of a stitched video on its timeline. Loading it again does nothing. */
window.lipwireTimeline =
  window.lipwireTimeline ||
  (function () {
    function show(node, element) {
      lipwirePreview.last(node, element, 'lipwire-stitch', (facts, text) => [
        [bar(facts, text), ...list(facts, text), lipwirePreview.player(node, 'video')],
        facts.clips > facts.segments.length
          ? text('more', { number: facts.clips - facts.segments.length })
          : '',
      ]);
    }

    /** To scale. Where two segments lie over one another, they cross-fade. */
    function bar({ duration, crossFade, clips, segments }, text) {
      const percent = (time) => (100 * time) / duration + '%';
      const place = (from, to) => ({ insetInlineStart: percent(from), width: percent(to - from) });
      const timeline = $('<div class="lipwire-timeline" role="img">').attr(
        'aria-label',
        text('summary', {
          number: clips,
          seconds: lipwirePreview.seconds(duration),
          crossFade: lipwirePreview.seconds(crossFade),
        }),
      );
      segments.forEach(({ text: words, start, end, chapter }, index) => {
        const segment = $('<div class="lipwire-segment" dir="auto">')
          .css(place(start, end))
          .text(words);
        // The words lie between the cross-fades.
        const free = 'calc(4px + ' + percent(crossFade) + ')';
        if (index > 0) segment.css('paddingInlineStart', free);
        if (index < segments.length - 1) segment.css('paddingInlineEnd', free);
        timeline.append(segment.attr({ title: words, 'data-start': start, 'data-end': end }));
        if (index > 0 && crossFade > 0) {
          timeline.append(
            $('<div class="lipwire-crossfade">')
              .css(place(start, start + crossFade))
              .attr('data-start', start),
          );
        }
        timeline.append(
          $('<div class="lipwire-chapter">')
            .css({ insetInlineStart: percent(chapter.start) })
            .attr('data-start', chapter.start),
        );
      });
      const ends = $('<div class="lipwire-timeline-ends" aria-hidden="true">');
      return $('<div>').append(
        timeline,
        ends.append([0, duration].map((time) => $('<span>').text(lipwirePreview.seconds(time)))),
      );
    }

    /** The same in words. */
    function list({ segments, crossFade }, text) {
      const items = segments.map(({ text: words, start, end, chapter }) =>
        $('<li>').append(
          $('<span dir="auto">').text(words),
          $('<span class="lipwire-segment-times">').text(
            text('segment', {
              start: lipwirePreview.seconds(start),
              length: lipwirePreview.seconds(end - start),
              chapter: lipwirePreview.seconds(chapter.start),
            }),
          ),
        ),
      );
      const crossed = $('<p>')
        .text(text('crossFade', { crossFade: lipwirePreview.seconds(crossFade) }))
        .toggle(crossFade > 0);
      return [
        crossed,
        $('<ol class="lipwire-segments" tabindex="0">')
          .attr('aria-label', text('segments'))
          .append(items),
      ];
    }

    $(
      '<style>' +
        '.lipwire-timeline { position: relative; height: 46px; overflow: hidden; background: var(--red-ui-secondary-background); border: 1px solid var(--red-ui-secondary-border-color); }' +
        '.lipwire-segment { position: absolute; top: 10px; height: 26px; line-height: 26px; box-sizing: border-box; padding: 0 4px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; font-size: 11px; color: var(--red-ui-primary-text-color); border: 1px solid var(--red-ui-secondary-text-color); background: var(--red-ui-primary-background); }' +
        '.lipwire-crossfade { position: absolute; top: 10px; height: 26px; box-sizing: border-box; border-inline: 1px solid var(--red-ui-text-color-success); background: linear-gradient(to bottom right, var(--red-ui-text-color-success), transparent 50%, var(--red-ui-text-color-success)); opacity: 0.75; }' +
        '.lipwire-chapter { position: absolute; top: 0; bottom: 0; width: 0; border-inline-start: 2px solid var(--red-ui-text-color-error); }' +
        '.lipwire-timeline-ends { display: flex; justify-content: space-between; font-size: 11px; }' +
        '.lipwire-segments { max-height: 150px; overflow: auto; margin: 6px 0 0; padding: 0; padding-inline-start: 28px; font-size: 12px; }' +
        '.lipwire-segment-times { margin-inline-start: 8px; }' +
        '</style>',
    ).appendTo('head');

    return { show };
  })();
