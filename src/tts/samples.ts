/**
 * A sentence in each language to judge a voice by: "Hello, this is my voice." Light: no voice is
 * loaded. Languages without one count to five, whose digits eSpeak NG reads in every language.
 */
const SENTENCES: Readonly<Record<string, string>> = {
  af: 'Goeiedag, dit is my stem.',
  am: 'ሰላም፣ ይህ የእኔ ድምፅ ነው።',
  ar: 'مرحبا، هذا صوتي. كيف يبدو لك؟',
  az: 'Salam, bu mənim səsimdir.',
  be: 'Добры дзень, гэта мой голас.',
  bg: 'Здравейте, това е моят глас.',
  bn: 'নমস্কার, এটি আমার কণ্ঠ।',
  bs: 'Dobar dan, ovo je moj glas.',
  ca: 'Hola, aquesta és la meva veu.',
  cmn: '你好，这是我的声音。听起来怎么样？',
  cs: 'Dobrý den, toto je můj hlas.',
  cy: 'Helo, dyma fy llais i.',
  da: 'Goddag, det her er min stemme.',
  de: 'Guten Tag, so klingt meine Stimme. Gefällt sie Ihnen?',
  el: 'Γεια σας, αυτή είναι η φωνή μου.',
  en: 'Hello, this is my voice. How do you like it?',
  eo: 'Saluton, jen mia voĉo.',
  es: 'Hola, esta es mi voz. ¿Qué le parece?',
  et: 'Tere, see on minu hääl.',
  eu: 'Kaixo, hau da nire ahotsa.',
  fa: 'سلام، این صدای من است.',
  'fa-latn': 'salam, in sedaye man ast.',
  fi: 'Hei, tämä on minun ääneni.',
  fr: 'Bonjour, voici ma voix. Comment la trouvez-vous ?',
  ga: 'Dia duit, seo é mo ghuth.',
  gu: 'નમસ્તે, આ મારો અવાજ છે.',
  he: 'שלום, זה הקול שלי.',
  hi: 'नमस्ते, यह मेरी आवाज़ है। आपको कैसी लगी?',
  hr: 'Dobar dan, ovo je moj glas.',
  hu: 'Jó napot, ez az én hangom.',
  hy: 'Բարև, սա իմ ձայնն է։',
  id: 'Halo, ini suara saya.',
  is: 'Góðan dag, þetta er röddin mín.',
  it: 'Buongiorno, questa è la mia voce. Le piace?',
  ja: 'こんにちは、これがわたしのこえです。',
  ka: 'გამარჯობა, ეს ჩემი ხმაა.',
  kk: 'Сәлеметсіз бе, бұл менің дауысым.',
  kn: 'ನಮಸ್ಕಾರ, ಇದು ನನ್ನ ಧ್ವನಿ.',
  ko: '안녕하세요, 이것이 제 목소리입니다.',
  la: 'Salve, haec est vox mea.',
  lt: 'Laba diena, tai mano balsas.',
  lv: 'Labdien, šī ir mana balss.',
  mk: 'Здраво, ова е мојот глас.',
  ml: 'നമസ്കാരം, ഇതാണ് എന്റെ ശബ്ദം.',
  mr: 'नमस्कार, हा माझा आवाज आहे.',
  ms: 'Helo, ini suara saya.',
  nb: 'God dag, dette er stemmen min.',
  ne: 'नमस्ते, यो मेरो आवाज हो।',
  nl: 'Goedendag, dit is mijn stem. Hoe vindt u die?',
  no: 'God dag, dette er stemmen min.',
  pa: 'ਸਤ ਸ੍ਰੀ ਅਕਾਲ, ਇਹ ਮੇਰੀ ਆਵਾਜ਼ ਹੈ।',
  pl: 'Dzień dobry, to jest mój głos.',
  pt: 'Olá, esta é a minha voz. Gosta dela?',
  ro: 'Bună ziua, aceasta este vocea mea.',
  ru: 'Здравствуйте, это мой голос. Как он вам?',
  sk: 'Dobrý deň, toto je môj hlas.',
  sl: 'Dober dan, to je moj glas.',
  sq: 'Përshëndetje, ky është zëri im.',
  sr: 'Добар дан, ово је мој глас.',
  sv: 'Hej, det här är min röst.',
  sw: 'Habari, hii ni sauti yangu.',
  ta: 'வணக்கம், இது என் குரல்.',
  te: 'నమస్కారం, ఇది నా గొంతు.',
  th: 'สวัสดี นี่คือเสียงของฉัน',
  tr: 'Merhaba, bu benim sesim.',
  uk: 'Добрий день, це мій голос.',
  ur: 'السلام علیکم، یہ میری آواز ہے۔',
  uz: 'Salom, bu mening ovozim.',
  vi: 'Xin chào, đây là giọng nói của tôi.',
  yue: '你好，呢個係我把聲。',
  zh: '你好，这是我的声音。听起来怎么样？',
};

const COUNTING = '1, 2, 3, 4, 5.';

/** What a voice of a language says of itself. @param language BCP 47, in any case */
export function sampleSentence(language: string): string {
  const parts = language.toLowerCase().replaceAll('_', '-').split('-');
  for (let length = parts.length; length > 0; length--) {
    const sentence = SENTENCES[parts.slice(0, length).join('-')];
    if (sentence) return sentence;
  }
  return COUNTING;
}
