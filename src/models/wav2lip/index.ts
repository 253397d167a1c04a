export { importWav2Lip, type ImportedWav2Lip } from './import';
export {
  halfWav2Lip,
  storedWav2Lip,
  type StoredWav2Lip,
  type StoredWav2LipOptions,
  type Wav2LipFile,
} from './stored';
export { CALIBRATION_WINDOWS, calibrationSound } from './calibration-sound';
export { int8Wav2Lip, type Int8Wav2Lip } from './int8';
export type { Features } from './calibrate';
