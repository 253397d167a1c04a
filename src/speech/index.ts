export { loadEspeak, type Espeak } from './espeak';
export { ESPEAK_PACKAGE } from './espeak-package';
export { speak, type SpeakContext, type SpeakSettings, type SpokenFile } from './speak';
export { chooseVoice, listVariants, listVoices } from './voices';
export type { ChosenVoice, Voice, VoiceWish } from './voices';
