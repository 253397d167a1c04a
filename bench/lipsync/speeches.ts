/** What the portraits are made to say. The engine was tuned on other texts than these. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { SpeechPayload } from '../../src/media';
import { loudnorm } from '../../src/stages/loudnorm';
import { LOUDNORM, resolveParameters, TTS } from '../../src/stages/parameters';
import { tts } from '../../src/stages/tts';
import { benchContext } from '../lipsync-support';

const TEXTS: Record<string, readonly string[]> = {
  en: [
    'The weather is going to change tomorrow. Expect strong wind in the morning, and a warm, sunny afternoon with a few high clouds.',
    'Please remember to switch off the lights when you leave the office. Thank you for helping us to save energy every single day.',
    'Our kitchen opens at seven. Today we serve fresh bread, tomato soup, baked potatoes with butter, and a lovely apple pie.',
  ],
  ar: [
    'سوف يتغير الطقس غدا. نتوقع رياحا قوية في الصباح، وبعد الظهر سيكون الجو دافئا ومشمسا مع بعض الغيوم.',
    'من فضلكم أطفئوا الأنوار عندما تغادرون المكتب. شكرا لكم على مساعدتنا في توفير الطاقة كل يوم.',
    'يفتح المطبخ في الساعة السابعة. اليوم نقدم الخبز الطازج وشوربة الطماطم والبطاطس المخبوزة وفطيرة التفاح اللذيذة.',
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
  const level = resolveParameters(LOUDNORM, []);
  const found: Voice[] = [];
  for (const [language, texts] of Object.entries(TEXTS)) {
    const speeches: SpeechPayload[] = [];
    for (const text of texts) {
      const parameters = resolveParameters(TTS, []);
      const spoken = await tts({ kind: 'text', text, language }, parameters, contextOf());
      speeches.push(await loudnorm(spoken, level, contextOf()));
    }
    found.push({ name: language, speeches });
  }
  for (const file of recordings) {
    const speech = await loudnorm({ kind: 'file', file: path.resolve(file) }, level, contextOf());
    found.push({ name: path.basename(file), speeches: [speech] });
  }
  return found;
}
