import { LipwireError } from '../../../contract';

/** E_MODEL_INVALID for an ONNX file: what should be there, and what is there instead. */
export function invalidOnnx(expected: string, found: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} in the ONNX file but found ${found}; get the file again, or another ` +
      'export of the model.',
  );
}
