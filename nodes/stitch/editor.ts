/** The dialog of stitch: with moving pictures of the transitions, and the timeline of the last video. */
import type { timelineOf } from '../shared/previews';
import { addPreview, registerStage, rowOf } from '../shared/editor/dialog';
import { seconds, textsOf } from '../shared/editor/parts';
import { playerOf, showLast } from '../shared/editor/preview';
import { showTransitions } from './editor/transition-view';

type Timeline = ReturnType<typeof timelineOf>;

const text = textsOf('stitch', 'preview.');

/** To scale. Where two segments lie over one another, they cross-fade. */
function barOf({ duration, crossFade, clips, segments }: Timeline): JQuery {
  const percent = (time: number): string => `${(100 * time) / duration}%`;
  const place = (from: number, to: number): Record<string, string> => ({
    insetInlineStart: percent(from),
    width: percent(to - from),
  });
  const summary = { number: clips, seconds: seconds(duration), crossFade: seconds(crossFade) };
  const timeline = $('<div class="lipwire-timeline" role="img">').attr(
    'aria-label',
    text('summary', summary),
  );
  // The words lie between the cross-fades.
  const free = `calc(4px + ${percent(crossFade)})`;
  segments.forEach(({ text: words, start, end, chapter }, index) => {
    const segment = $('<div class="lipwire-segment" dir="auto">')
      .attr({ title: words, 'data-start': start, 'data-end': end })
      .css(place(start, end))
      .text(words);
    if (index > 0) segment.css('paddingInlineStart', free);
    if (index < segments.length - 1) segment.css('paddingInlineEnd', free);
    timeline.append(segment);
    if (index > 0 && crossFade > 0) {
      $('<div class="lipwire-crossfade">')
        .css(place(start, start + crossFade))
        .attr('data-start', start)
        .appendTo(timeline);
    }
    $('<div class="lipwire-chapter">')
      .css({ insetInlineStart: percent(chapter.start) })
      .attr('data-start', chapter.start)
      .appendTo(timeline);
  });
  const ends = [0, duration].map((time) => $('<span>').text(seconds(time)));
  return $('<div>').append(
    timeline,
    $('<div class="lipwire-timeline-ends" aria-hidden="true">').append(ends),
  );
}

/** The same in words. */
function listOf({ segments, crossFade }: Timeline): JQuery[] {
  const items = segments.map(({ text: words, start, end, chapter }) => {
    const times = { start: seconds(start), length: seconds(end - start) };
    return $('<li>').append(
      $('<span dir="auto">').text(words),
      $('<span class="lipwire-segment-times">').text(
        text('segment', { ...times, chapter: seconds(chapter.start) }),
      ),
    );
  });
  return [
    $('<p>')
      .text(text('crossFade', { crossFade: seconds(crossFade) }))
      .toggle(crossFade > 0),
    $('<ol class="lipwire-segments" tabindex="0">')
      .attr('aria-label', text('segments'))
      .append(items),
  ];
}

registerStage('stitch', {
  open(node) {
    const transition = $('<div id="lipwire-stitch-transition">').insertAfter(rowOf('transition'));
    showTransitions(transition);
    showLast<Timeline>(node, 'stitch', addPreview('stitch'), (facts) => {
      const hidden = facts.clips - facts.segments.length;
      return {
        content: [barOf(facts), ...listOf(facts), playerOf(node, 'video')],
        caption: hidden > 0 ? text('more', { number: hidden }) : '',
      };
    });
  },
});
