/** Makes an HLS stream of a video and publishes it under Node-RED's HTTP root. */
import type { NodeAPI } from 'node-red';
import { LipwireError, type StreamPayload } from '../../src/media';
import type { HlsFiles } from '../../src/stages';
import { takeVideo } from '../common/inputs';
import { registerStageNode } from '../common/stage-node';
import { serveStreams } from './serve';
import { keepCount, urlPath } from './settings';
import { publicationOf, streams, StreamShelf } from './streams';

export default function (RED: NodeAPI): void {
  // Once for all nodes: what is published is looked up when a request comes.
  serveStreams(RED, streams);
  registerStageNode(RED, 'hls-export', ({ node, config }) => {
    const shelf = new StreamShelf(streams, node.id);
    return {
      input: ({ msg, files }) => {
        // What would be wrong afterwards is said before the work.
        checkHttpRoot(RED);
        urlPath(config['path']);
        keepCount(config['keep']);
        return takeVideo(msg.payload, files);
      },
      output: async (hls, { msg, studio }, video) => {
        const publication = await publicationOf(hls, video.file, urlPath(config['path']));
        const unpins = [hls.folder, video.file].map((file) => studio.pin(file));
        shelf.add(publication, keepCount(config['keep']), () => unpins.forEach((unpin) => unpin()));
        return { ...msg, payload: payloadOf(RED, hls, publication.address) };
      },
      summary: ({ duration }) => ({ key: 'seconds', values: { seconds: duration.toFixed(1) } }),
      close: () => shelf.close(),
    };
  });
}

function checkHttpRoot(RED: NodeAPI): void {
  if (RED.settings.httpNodeRoot !== false) return;
  throw new LipwireError(
    'E_INPUT',
    'Expected an HTTP root to publish under but httpNodeRoot is false; ' +
      'set it in the settings file of Node-RED.',
  );
}

function payloadOf(RED: NodeAPI, hls: HlsFiles, address: string): StreamPayload {
  const root = String(RED.settings.httpNodeRoot ?? '/').replace(/^\/*|\/*$/g, '');
  const base = `${root ? `/${root}` : ''}/${address}`;
  const { playlist, duration, renditions, segments } = hls;
  return {
    kind: 'stream',
    playlist,
    url: `${base}/master.m3u8`,
    watchUrl: `${base}/watch`,
    duration,
    renditions,
    segments,
  };
}
