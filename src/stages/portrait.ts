/** The portrait of a detected face: its picture, of a size that is rendered, and its landmarks. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readPicture, type Picture } from '../face';
import {
  FACEMESH_POINTS,
  inputError,
  LIMITS,
  LipwireError,
  throwIfCancelled,
  type FacePayload,
  type FaceTrack,
  type Landmark,
} from '../media';

export interface Portrait {
  /** 8-bit sRGB; width and height even. */
  picture: Picture;
  /** In pixels of the picture. */
  landmarks: Landmark[];
  /** x1, y1, x2, y2 of the face, in pixels of the picture. */
  box: number[];
}

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
  const track = await readTrack(face);
  throwIfCancelled(signal);
  const picture = await readPicture(face.source.file, signal);
  if (picture.width !== track.width || picture.height !== track.height) {
    const received = `${picture.width}×${picture.height} pixels`;
    throw inputError(`"${name}"`, `${track.width}×${track.height} pixels`, received, REMEDY);
  }
  const rendered = await fit(picture);
  const scale = rendered.scale;
  return {
    picture: evened(rendered.picture),
    landmarks: track.frames[0]!.landmarks.map(([x, y]) => [x * scale, y * scale]),
    box: (track.frames[0]!.box ?? []).map((side) => side * scale),
  };
}

/** Scales down to 1080p, either way up, where it is larger. */
async function fit(picture: Picture): Promise<{ picture: Picture; scale: number }> {
  const { width, height } = picture;
  const scale = Math.min(
    1,
    LIMITS.renderedLongSide / Math.max(width, height),
    LIMITS.renderedShortSide / Math.min(width, height),
  );
  if (scale === 1) return { picture, scale };
  // Loaded late: this file is read by every stage's process, the library only where it is needed.
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(picture.data, { raw: { width, height, channels: 3 } })
    .resize(Math.max(2, Math.round(width * scale)), Math.max(2, Math.round(height * scale)), {
      fit: 'fill',
      kernel: 'lanczos3',
    })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { picture: { data, width: info.width, height: info.height }, scale };
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

async function readTrack(face: FacePayload): Promise<FaceTrack> {
  if (!face.track) throw inputError('msg.face.track', 'a file of landmarks', face.track, REMEDY);
  let track: FaceTrack;
  try {
    track = JSON.parse(await readFile(face.track, 'utf8')) as FaceTrack;
  } catch (cause) {
    throw new LipwireError(
      'E_INPUT',
      `Expected a readable file of landmarks for msg.face.track but received "${path.basename(face.track)}"; ${REMEDY}.`,
      { cause },
    );
  }
  const landmarks: unknown = track?.frames?.[0]?.landmarks;
  const isWhole =
    Array.isArray(landmarks) && landmarks.length >= FACEMESH_POINTS && landmarks.every(isPoint);
  if (!isWhole || !(track.width > 0) || !(track.height > 0)) {
    throw inputError('msg.face.track', `a file with ${FACEMESH_POINTS} landmarks`, track, REMEDY);
  }
  return track;
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1]);
}
