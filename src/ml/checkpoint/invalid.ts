import { LipwireError } from '../../contract';

/**
 * E_MODEL_INVALID for a checkpoint.
 * @param expected what should be there; @param found what is there instead
 */
export function invalidCheckpoint(expected: string, found: string): LipwireError {
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected ${expected} in the checkpoint but found ${found}; get the file again, or an ONNX ` +
      'export of the model.',
  );
}
