/** Makes an HLS stream of a video and publishes it under Node-RED's HTTP root. */
import type { NodeAPI, NodeMessage } from 'node-red';
import { inputError, LipwireError, type StreamPayload } from '../../src/contract';
import type { FileTaker } from '../shared/files';
import { takeVideo } from '../shared/inputs';
import { priorityOf, registerStageNode } from '../shared/stage-node';
import { kiosks, type KioskChannel, serveKiosks } from './serve-kiosk';
import { serveStreams } from './serve';
import { keepCount, urlPath } from './settings';
import { takeSlides, type Slide, publicationOf, streams, StreamShelf } from './publication';
import type { HlsFiles } from '../../src/hls/stage';
import type { StageInput } from '../../src/stages';

export default function (RED: NodeAPI): void {
  // One route for all nodes.
  serveStreams(RED, streams);
  serveKiosks(RED, kiosks);
  registerStageNode(RED, 'hls-export', ({ node, config }) => {
    const shelf = new StreamShelf(streams, node.id);
    // Idle videos do not count among the kept ones.
    const idleShelf = new StreamShelf(streams, `${node.id} idle`);
    const kiosk = openKiosk(config['path'], node.id);
    return {
      input: async ({ msg, files }) => {
        // Checked before the work.
        checkHttpRoot(RED);
        urlPath(config['path']);
        keepCount(config['keep']);
        isIdle(msg);
        const video = await takeVideo(msg.payload, files);
        await slidesOf(msg, video, files);
        return video;
      },
      output: async (hls, { msg, files, studio }, video) => {
        const slides = await slidesOf(msg, video, files);
        const publication = await publicationOf(hls, video.file, urlPath(config['path']), slides);
        const pinned = [hls.folder, video.file, ...slides.map(({ file }) => file)];
        const unpins = pinned.map((file) => studio.pin(file));
        const unpin = (): void => unpins.forEach((each) => each());
        if (isIdle(msg)) idleShelf.add(publication, 1, unpin);
        else shelf.add(publication, keepCount(config['keep']), unpin);
        kiosk?.channel.publish(publication, priorityOf(msg), isIdle(msg));
        return { ...msg, payload: payloadOf(RED, hls, publication.address) };
      },
      summary: ({ duration }) => ({
        key: 'seconds',
        values: { seconds: duration.toFixed(1) },
      }),
      reset: () => kiosk?.channel.clear(),
      close: () => {
        shelf.close();
        idleShelf.close();
        kiosk?.close();
      },
    };
  });
}

/** The kiosk page of the node's path; none for a wrong path, of which each message is told. */
function openKiosk(
  setting: unknown,
  owner: string,
): { channel: KioskChannel; close(): void } | undefined {
  try {
    const path = urlPath(setting);
    return { channel: kiosks.open(path, owner), close: () => kiosks.close(path, owner) };
  } catch {
    return undefined;
  }
}

/** `msg.idle`: whether the video loops between announcements. @throws E_INPUT */
function isIdle(msg: NodeMessage): boolean {
  const { idle } = msg as { idle?: unknown };
  if (idle === undefined || idle === null || idle === '') return false;
  if (idle === true || idle === 'true') return true;
  if (idle === false || idle === 'false') return false;
  throw inputError('msg.idle', 'true or false', idle);
}

function slidesOf(
  msg: NodeMessage,
  video: StageInput<'hls-export'>,
  files: FileTaker,
): Promise<Slide[]> {
  const chapters = 'chapters' in video ? video.chapters : [{ start: 0 }];
  return takeSlides((msg as { slides?: unknown }).slides, chapters, files);
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
  const { playlist, duration, renditions, segments, notes } = hls;
  const urls = { url: `${base}/master.m3u8`, watchUrl: `${base}/watch` };
  const facts = { duration, renditions, segments, ...(notes && { notes }) };
  return { kind: 'stream', playlist, ...urls, ...facts };
}
