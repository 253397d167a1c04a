/** The dialog of hls-export: with the player of the stream that it published last. */
import type { StreamPayload } from '../../src/contract/payloads';
import { addPreview, registerStage } from '../shared/editor/dialog';
import { seconds, textsOf } from '../shared/editor/parts';
import { showLast } from '../shared/editor/preview';

type Facts = Pick<StreamPayload, 'duration' | 'renditions' | 'segments'> & { watchUrl?: string };

const text = textsOf('hls-export', 'preview.');

/** As bright as the editor, whatever the system prefers: the page follows its frame. */
function schemeOf(element: Element): string {
  const channels = getComputedStyle(element).color.match(/[\d.]+/g) ?? [];
  const [red = 0, green = 0, blue = 0] = channels.map(Number);
  return red + green + blue > 382 ? 'dark' : 'light';
}

/** Anything but "not there" is for the player to tell. */
async function isPublished(address: string): Promise<boolean> {
  try {
    return (await fetch(address, { method: 'HEAD' })).status !== 404;
  } catch {
    return false;
  }
}

registerStage('hls-export', {
  open(node) {
    const place = addPreview('hls-export');
    showLast<Facts>(node, 'hls-export', place, async (facts) => {
      const { watchUrl, duration, renditions, segments } = facts;
      if (!watchUrl || !(await isPublished(watchUrl))) return text('withdrawn');
      const sizes = renditions.map(({ width, height }) => `${width}\u00d7${height}`).join(', ');
      const values = { seconds: seconds(duration), segments, sizes };
      const player = $('<iframe allow="fullscreen; autoplay">')
        .attr({ src: watchUrl, title: text('summary', values) })
        .css('color-scheme', schemeOf(place[0]));
      const link = $('<a target="_blank" rel="noopener">').attr('href', watchUrl).text(watchUrl);
      return { content: [player, $('<div>').append(link)], caption: text('facts', values) };
    });
  },
});
