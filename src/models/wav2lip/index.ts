export { importWav2Lip, type ImportedWav2Lip } from './import';
