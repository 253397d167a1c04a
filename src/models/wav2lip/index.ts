export { importWav2Lip, type ImportedWav2Lip } from './import';
export {
  storedWav2Lip,
  type StoredWav2Lip,
  type StoredWav2LipOptions,
  type Wav2LipFile,
} from './stored';
