/** What the portraits are made to say. The engine was tuned on other texts than these. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type SpeechPayload, resolveParameters } from '../../src/contract';
import { run as runLoudnorm } from '../../src/loudness/run';
import { run as runTts } from '../../src/tts/run';
import { benchContext } from '../lipsync-support';
import { loudnorm } from '../../src/loudness/stage';
import { tts } from '../../src/tts/stage';

const TEXTS: Record<string, readonly string[]> = {
  en: [
    'Our library closes early on Friday. Books may be returned through the blue box beside the main entrance until midnight.',
    'Good evening, and welcome aboard. We shall arrive in about forty minutes; the bar in the middle of the train is open.',
    'A small brown fox moved slowly past the farm, jumped over a broken wall, and vanished into the foggy forest.',
  ],
  ar: [
    'تغلق المكتبة أبوابها مبكرا يوم الجمعة. يمكنكم إعادة الكتب في الصندوق الأزرق بجانب المدخل الرئيسي.',
    'مساء الخير وأهلا بكم في القطار. سنصل بعد أربعين دقيقة تقريبا، والمطعم مفتوح في العربة الوسطى.',
    'مشى ثعلب صغير ببطء قرب المزرعة، ثم قفز فوق الجدار المكسور واختفى في الغابة عند المساء.',
  ],
};

export interface Voice {
  name: string;
  speeches: SpeechPayload[];
}

/** The texts of both languages by eSpeak, and recordings, each brought to −16 LUFS as in a flow. */
export async function voices(recordings: readonly string[], folder: string): Promise<Voice[]> {
  let count = 0;
  const contextOf = () => {
    const own = path.join(folder, `speech-${count++}`);
    mkdirSync(own);
    return benchContext(own);
  };
  const level = resolveParameters(loudnorm.parameters, []);
  const found: Voice[] = [];
  for (const [language, texts] of Object.entries(TEXTS)) {
    const speeches: SpeechPayload[] = [];
    for (const text of texts) {
      const parameters = resolveParameters(tts.parameters, []);
      const spoken = await runTts({ kind: 'text', text, language }, parameters, contextOf());
      speeches.push(await runLoudnorm(spoken, level, contextOf()));
    }
    found.push({ name: language, speeches });
  }
  for (const file of recordings) {
    const speech = await runLoudnorm(
      { kind: 'file', file: path.resolve(file) },
      level,
      contextOf(),
    );
    found.push({ name: path.basename(file), speeches: [speech] });
  }
  return found;
}
