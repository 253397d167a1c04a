/** What face-detect found, as engines take it: a decoded portrait, or a video with its track. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { LRUCache } from 'lru-cache';
import type { VideoView } from '../av/ffmpeg/frames';
import { readPicture, type Picture } from '../av/picture';
import {
  frameRate,
  inputError,
  LIMITS,
  LipwireError,
  openFaceTrack,
  throwIfCancelled,
  type FacePayload,
  type FrameRate,
  type Landmark,
  type OpenFaceTrack,
} from '../contract';

export interface Portrait {
  /** 8-bit sRGB; width and height even. */
  picture: Picture;
  /** In pixels of the picture. None where no face was found in the box that the user gave. */
  landmarks?: Landmark[];
  /** Those of the attention mesh, which lie on the lips; where the track has them. */
  refined?: Landmark[];
  /** x1, y1, x2, y2 of the face, in pixels of the picture. */
  box: number[];
}

export interface Footage {
  view: VideoView;
  track: OpenFaceTrack;
  /** The video's own. */
  rate: FrameRate;
  /** Frames at that rate. */
  frames: number;
  /** What frames are scaled to; nothing where they keep their size. */
  size?: { width: number; height: number };
  /** Of the rendered frames: even, without an odd last row or column. */
  width: number;
  height: number;
  /** Rendered size as a share of the track's. */
  scale: number;
}

const REMEDY = 'send the message through face-detect again';

/**
 * Loads a picture. Beyond 1080p it is scaled down; an odd last row or column is left out.
 * @throws E_NO_FACE, E_INPUT for a track or a picture that cannot be used
 */
export async function loadPortrait(face: FacePayload, signal: AbortSignal): Promise<Portrait> {
  const { file } = face.source;
  const track = await openFaceTrack(trackOf(face, 'portrait'));
  const { width, height } = track.header;
  const { landmarks, refined, box = [] } = await track.frame(0).finally(() => track.close());
  throwIfCancelled(signal);
  const rendered = await rememberPicture(file, async () => fit(await readPicture(file, signal)));
  if (rendered.width !== width || rendered.height !== height) {
    const received = `${rendered.width}×${rendered.height} pixels`;
    const name = `"${path.basename(file)}"`;
    throw inputError(name, `${width}×${height} pixels`, received, REMEDY);
  }
  const { picture, scale } = rendered;
  const scaled = (points: readonly Landmark[]): Landmark[] =>
    points.map(([x, y]) => [x * scale, y * scale]);
  return {
    picture,
    ...(landmarks && { landmarks: scaled(landmarks) }),
    ...(refined && { refined: scaled(refined) }),
    box: box.map((side) => side * scale),
  };
}

/** @throws E_INPUT where only a box is known */
export function expectLandmarks(portrait: Portrait): Portrait & { landmarks: Landmark[] } {
  const { landmarks } = portrait;
  if (landmarks) return { ...portrait, landmarks };
  throw new LipwireError(
    'E_INPUT',
    'Expected a face in the box that was given to face-detect but none was found there; give ' +
      'another box, or let a Wav2Lip model paste its rectangle with the blend "parity".',
  );
}

/**
 * Opens a video. Frames beyond 1080p are scaled down.
 * @throws E_NO_FACE, E_INPUT for a track that is not this video's
 */
export async function openFootage(face: FacePayload): Promise<Footage> {
  const { source } = face;
  const track = await openFaceTrack(trackOf(face, 'video'));
  const { width, height, frameCount, rate } = track.header;
  if (width !== source.width || height !== source.height || !rate) {
    await track.close();
    const expected = `the track of a video of ${source.width}×${source.height} pixels`;
    throw inputError('msg.face.track', expected, `one of ${width}×${height}`, REMEDY);
  }
  const { scale, ...size } = renderedSize({ width, height });
  return {
    view: source,
    track,
    rate: source.rate ?? frameRate(source.fps ?? rate.num / rate.den),
    frames: frameCount,
    ...(scale < 1 && { size }),
    width: size.width - (size.width % 2),
    height: size.height - (size.height % 2),
    scale,
  };
}

/** @throws E_NO_FACE, E_INPUT without a track */
function trackOf({ source, faces, selected, track }: FacePayload, other: string): string {
  if (selected < 0 || faces.length === 0) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in "${path.basename(source.file)}" but face-detect found none; choose ` +
        `another ${other}.`,
    );
  }
  if (track) return track;
  throw inputError('msg.face.track', 'a file of landmarks', track, REMEDY);
}

/** Scaled down to 1080p, either way up, where it is larger. */
function renderedSize({ width, height }: { width: number; height: number }) {
  const scale = Math.min(
    1,
    LIMITS.renderedLongSide / Math.max(width, height),
    LIMITS.renderedShortSide / Math.min(width, height),
  );
  const fit = (side: number): number => Math.max(2, Math.round(side * scale));
  return { scale, width: fit(width), height: fit(height) };
}

export interface RenderedPicture {
  picture: Picture;
  /** Of the picture to the file's. */
  scale: number;
  /** Of the file's picture, in pixels. */
  width: number;
  height: number;
}

/**
 * The last few portraits, each at most 6 MiB: the sentences of a text have one face, and a photo of
 * 12 megapixels takes as long to read as a sentence to render.
 */
const pictures = new LRUCache<string, RenderedPicture>({ max: 4 });

/** What `read` gave for this very file, or gives now. Pictures are shared: to be read only. */
export async function rememberPicture(
  file: string,
  read: () => Promise<RenderedPicture>,
): Promise<RenderedPicture> {
  const state = await stat(file, { bigint: true }).catch(() => undefined);
  if (!state) return read(); // which says what is wrong
  const key = [file, state.ino, state.size, state.mtimeNs, state.ctimeNs].join('|');
  const rendered = pictures.get(key) ?? (await read());
  pictures.set(key, rendered);
  return rendered;
}

async function fit({ data, width, height }: Picture): Promise<RenderedPicture> {
  const { scale, ...size } = renderedSize({ width, height });
  if (scale === 1) return { picture: evened({ data, width, height }), scale, width, height };
  // Loaded late: only large pictures need it.
  const { default: sharp } = await import('sharp');
  const resized = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(size.width, size.height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { picture: evened({ data: resized, ...size }), scale, width, height };
}

/** Without an odd last row or column; a side of one pixel is doubled. */
function evened(picture: Picture): Picture {
  const width = Math.max(2, picture.width - (picture.width % 2));
  const height = Math.max(2, picture.height - (picture.height % 2));
  if (width === picture.width && height === picture.height) return picture;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.min(y, picture.height - 1);
      const from = 3 * (row * picture.width + Math.min(x, picture.width - 1));
      data.set(picture.data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { data, width, height };
}
