import assert from 'node:assert/strict';
import { makeNote, NOTES, type NoteCode, validateFace } from '../../src/contract';

describe('Notes on results', () => {
  it('have codes of one form, and are sentences', () => {
    for (const [code, text] of Object.entries(NOTES)) {
      assert.match(code, /^N_[A-Z]+(_[A-Z]+)*$/);
      assert.match(text, /^[A-Z{].*[.}]$/, code);
      assert.deepEqual(makeNote(code as NoteCode).text, text);
    }
  });

  it('carry their values, in the text as well', () => {
    const { text, ...rest } = makeNote('N_MOUTH_OPEN', { file: 'me.jpg' });
    assert.match(text, /^The mouth in "me\.jpg" stands so wide open/);
    assert.deepEqual(rest, { code: 'N_MOUTH_OPEN', values: { file: 'me.jpg' } });
  });

  it('pass with a face', () => {
    const source = { file: '/a.png', type: 'image', width: 4, height: 3 };
    const face = { kind: 'face', source, detector: 'box', faces: [], selected: -1 };
    const notes = [makeNote('N_FACE_UNSURE')];
    assert.deepEqual(validateFace({ ...face, notes }).notes, notes);
  });
});
