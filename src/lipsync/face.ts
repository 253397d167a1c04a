/**
 * The last few portraits, decoded: the sentences of a text have one face, and a photo of 12
 * megapixels takes as long to read as a sentence to render.
 */
import { stat } from 'node:fs/promises';
import { type Picture, readPicture } from '../av/picture';
import path from 'node:path';
import {
  inputError,
  LIMITS,
  LipwireError,
  openFaceTrack,
  throwIfCancelled,
  type FacePayload,
  type Landmark,
  frameRate,
  type FrameRate,
  type OpenFaceTrack,
} from '../contract';
import type { VideoView } from '../av/ffmpeg/frames';

/** A picture of a portrait in the size that is rendered. */
export interface RenderedPicture {
  picture: Picture;
  /** Of the picture to the file's. */
  scale: number;
  /** Of the file's picture, in pixels. */
  width: number;
  height: number;
}

/** Each is at most 1080p: 6 MiB. */
const KEPT = 4;

const remembered = new Map<string, RenderedPicture>();

/** What `read` gave for this very file, or gives now. Pictures are shared: nobody writes into them. */
export async function rememberPicture(
  file: string,
  read: () => Promise<RenderedPicture>,
): Promise<RenderedPicture> {
  const state = await stat(file, { bigint: true }).catch(() => undefined);
  if (!state) return read(); // which says what is wrong
  const key = [file, state.ino, state.size, state.mtimeNs, state.ctimeNs].join('|');
  // What fails or is cancelled is not kept: the next one tries again.
  const rendered = remembered.get(key) ?? (await read());
  remembered.delete(key);
  remembered.set(key, rendered);
  for (const oldest of [...remembered.keys()].slice(0, -KEPT)) remembered.delete(oldest);
  return rendered;
}

/** The portrait of a detected face: its picture, of a size that is rendered, and its landmarks. */

export interface Portrait {
  /** 8-bit sRGB; width and height even. */
  picture: Picture;
  /** In pixels of the picture. None where no face was found in the box that the user gave. */
  landmarks?: Landmark[];
  /** x1, y1, x2, y2 of the face, in pixels of the picture. */
  box: number[];
}

/** A portrait whose landmarks are known. */
type KnownPortrait = Portrait & { landmarks: Landmark[] };

const REMEDY = 'send the message through face-detect again';

/**
 * Loads what face-detect found. Pictures beyond 1080p are scaled down; an odd last row or column is
 * left out.
 * @throws E_NO_FACE, E_INPUT for a track or a picture that cannot be used
 */
export async function loadPortrait(face: FacePayload, signal: AbortSignal): Promise<Portrait> {
  const name = path.basename(face.source.file);
  if (face.selected < 0 || face.faces.length === 0) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in "${name}" but face-detect found none; choose another portrait.`,
    );
  }
  if (!face.track) throw inputError('msg.face.track', 'a file of landmarks', face.track, REMEDY);
  const track = await openFaceTrack(face.track);
  const { width, height } = track.header;
  const { landmarks, box = [] } = await track.frame(0).finally(() => track.close());
  throwIfCancelled(signal);
  const rendered = await rememberPicture(face.source.file, async () =>
    fit(await readPicture(face.source.file, signal)),
  );
  if (rendered.width !== width || rendered.height !== height) {
    const received = `${rendered.width}×${rendered.height} pixels`;
    throw inputError(`"${name}"`, `${width}×${height} pixels`, received, REMEDY);
  }
  const { picture, scale } = rendered;
  return {
    picture,
    ...(landmarks && { landmarks: landmarks.map(([x, y]): Landmark => [x * scale, y * scale]) }),
    box: box.map((side) => side * scale),
  };
}

/** @throws E_INPUT where only a box is known */
export function expectLandmarks(portrait: Portrait): KnownPortrait {
  const { landmarks } = portrait;
  if (landmarks) return { ...portrait, landmarks };
  throw new LipwireError(
    'E_INPUT',
    'Expected a face in the box that was given to face-detect but none was found there; give ' +
      'another box, or let a Wav2Lip model paste its rectangle with the blend "parity".',
  );
}

/** Of even sides, and scaled down to 1080p, either way up, where it is larger. */
async function fit(picture: Picture): Promise<RenderedPicture> {
  const { width, height } = picture;
  const scale = Math.min(
    1,
    LIMITS.renderedLongSide / Math.max(width, height),
    LIMITS.renderedShortSide / Math.min(width, height),
  );
  const scaled = scale === 1 ? picture : await scaledDown(picture, scale);
  return { picture: evened(scaled), scale, width, height };
}

async function scaledDown({ data, width, height }: Picture, scale: number): Promise<Picture> {
  // Loaded late: this file is read by every stage's process, the library only where it is needed.
  const { default: sharp } = await import('sharp');
  const resized = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(Math.max(2, Math.round(width * scale)), Math.max(2, Math.round(height * scale)), {
      fit: 'fill',
      kernel: 'lanczos3',
    })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: resized.data, width: resized.info.width, height: resized.info.height };
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

/** The video of a tracked face: how its frames are read, and its track. */

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

/**
 * Opens what face-detect found in a video. Frames beyond 1080p are scaled down.
 * @throws E_NO_FACE, E_INPUT for a track that is not this video's
 */
export async function openFootage({
  source,
  faces,
  selected,
  track,
}: FacePayload): Promise<Footage> {
  const name = path.basename(source.file);
  if (selected < 0 || faces.length === 0) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in "${name}" but face-detect found none; choose another video.`,
    );
  }
  const remedy = 'send the message through face-detect again';
  if (!track) throw inputError('msg.face.track', 'a file of landmarks', track, remedy);
  const opened = await openFaceTrack(track);
  const { width, height, frameCount, rate } = opened.header;
  if (width !== source.width || height !== source.height || !rate) {
    await opened.close();
    const expected = `the track of a video of ${source.width}×${source.height} pixels`;
    throw inputError('msg.face.track', expected, `one of ${width}×${height}`, remedy);
  }
  const scale = Math.min(
    1,
    LIMITS.renderedLongSide / Math.max(width, height),
    LIMITS.renderedShortSide / Math.min(width, height),
  );
  const fit = (side: number): number => Math.max(2, Math.round(side * scale));
  const size = { width: fit(width), height: fit(height) };
  return {
    view: source,
    track: opened,
    rate: source.rate ?? frameRate(source.fps ?? rate.num / rate.den),
    frames: frameCount,
    ...(scale < 1 && { size }),
    width: size.width - (size.width % 2),
    height: size.height - (size.height % 2),
    scale,
  };
}
