/** The languages that everything people read in Node-RED's editor is complete in. */
export const LANGUAGES = ['en-US', 'de', 'fr', 'es-ES', 'ja', 'zh-CN'] as const;
