/** The portrait of a detected face: its picture, upright and of a size that is rendered, and its landmarks. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Ffmpeg } from '../ffmpeg';
import {
  FACEMESH_POINTS,
  inputError,
  LIMITS,
  LipwireError,
  type FacePayload,
  type FaceTrack,
  type Landmark,
} from '../media';

export interface Portrait {
  /** 8-bit sRGB; width and height even. */
  picture: { data: Uint8Array; width: number; height: number };
  /** In pixels of the picture. */
  landmarks: Landmark[];
}

/**
 * Loads what face-detect found. Pictures beyond 1080p are scaled down; an odd last row or column is
 * left out. Of a video the first frame is taken.
 * @throws E_NO_FACE, E_INPUT for a track or a picture that cannot be used
 */
export async function loadPortrait(
  face: FacePayload,
  tools: { ffmpeg: Ffmpeg; signal: AbortSignal; folder: string },
): Promise<Portrait> {
  if (face.selected < 0 || face.faces.length === 0) {
    throw new LipwireError(
      'E_NO_FACE',
      `Expected a face in ${path.basename(face.source.file)} but face-detect found none; choose another portrait.`,
    );
  }
  const track = await readTrack(face);
  const still = face.source.type === 'video' ? await firstFrame(face, tools) : face.source.file;
  const upright = sharp(still, { limitInputPixels: LIMITS.pixels })
    .rotate()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb');
  const scale = Math.min(
    1,
    LIMITS.renderedLongSide / Math.max(track.width, track.height),
    LIMITS.renderedShortSide / Math.min(track.width, track.height),
  );
  const width = Math.max(2, Math.round(track.width * scale));
  const height = Math.max(2, Math.round(track.height * scale));
  const even = { width: width - (width % 2), height: height - (height % 2) };
  const data = await upright
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .extract({ left: 0, top: 0, ...even })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer()
    .catch((cause: unknown) => {
      throw new LipwireError(
        'E_INPUT',
        `Expected a picture in ${path.basename(face.source.file)} but it cannot be read; run face-detect again.`,
        { cause },
      );
    });
  const [sx, sy] = [width / track.width, height / track.height];
  return {
    picture: { data: new Uint8Array(data), ...even },
    landmarks: track.frames[0]!.landmarks.map(([x, y, z]) => [x * sx, y * sy, z * sx]),
  };
}

async function readTrack(face: FacePayload): Promise<FaceTrack> {
  const remedy = 'send the message through face-detect again';
  if (!face.track) throw inputError('msg.face.track', 'a file of landmarks', face.track, remedy);
  let track: FaceTrack;
  try {
    track = JSON.parse(await readFile(face.track, 'utf8')) as FaceTrack;
  } catch (cause) {
    throw new LipwireError(
      'E_INPUT',
      `Expected a readable file of landmarks for msg.face.track but received "${face.track}"; ${remedy}.`,
      { cause },
    );
  }
  const landmarks: unknown = track?.frames?.[0]?.landmarks;
  const isWhole =
    Array.isArray(landmarks) && landmarks.length >= FACEMESH_POINTS && landmarks.every(isPoint);
  if (!isWhole || !(track.width > 0) || !(track.height > 0)) {
    throw inputError('msg.face.track', `a file with ${FACEMESH_POINTS} landmarks`, track, remedy);
  }
  return track;
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1]);
}

async function firstFrame(
  face: FacePayload,
  { ffmpeg, signal, folder }: { ffmpeg: Ffmpeg; signal: AbortSignal; folder: string },
): Promise<string> {
  const target = path.join(folder, 'portrait.png');
  await ffmpeg.run({
    inputs: [{ source: face.source.file }],
    outputs: [{ target, options: ['-map', '0:v:0', '-frames:v', '1'] }],
    signal,
  });
  return target;
}
