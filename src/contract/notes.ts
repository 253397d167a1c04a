/**
 * Notes: where a result will likely disappoint, it carries one. `code` is the API for flows, the text is one
 * or two sentences for people.
 */

/** By code; `{name}` stands for a value. */
export const NOTES = {
  N_MOUTH_UNSURE:
    'The mouth of this face can hardly be seen and may move in the wrong place; use a picture from the ' +
    'front in which nothing covers it.',
  N_FACE_UNSURE:
    'This may be no human face, and eyes and mouth may lie elsewhere; use a picture of a person.',
  N_FIRST_PICTURE:
    'The file has several pictures, of which the first is taken; for a portrait that moves use a video.',
  N_FALLBACK: '{engine} spoke in place of the server: {why}',
  N_VOICE: '{what}',
  N_STITCH: '{what}',
  N_PLAYED: '{what}',
  N_LOUDNESS: 'Loudness: {what}.',
  N_TRACK:
    'The file has {count} sounds, of which number {number} is taken; keep only the one that you want.',
  N_CHANNELS_CANCEL:
    'The channels of the sound cancel each other, so that one speaker alone would play nothing; the ' +
    'loudest channel is used for all.',
  N_ONE_SIDED: 'The voice was on one channel alone; it is on all of them now.',
  N_HDR:
    'The video is of high dynamic range (HDR) and looks pale, as this FFmpeg cannot convert it; install one ' +
    'with the filters zscale and tonemap (libzimg), or convert the video before.',
  N_MOUTH_OPEN:
    'The mouth in "{file}" stands so wide open that it cannot be closed well where lips must be shut; take ' +
    'a photo with the mouth closed.',
} as const;

export type NoteCode = keyof typeof NOTES;

export interface Note {
  code: string;
  text: string;
  values?: Record<string, string | number>;
}

/** @param values of the places in the code's text */
export function makeNote(code: NoteCode, values?: Record<string, string | number>): Note {
  const text = NOTES[code].replace(/\{(\w+)\}/g, (place, name: string) => {
    return String(values?.[name] ?? place);
  });
  return { code, text, ...(values && { values }) };
}
