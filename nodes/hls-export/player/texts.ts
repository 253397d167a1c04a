/**
 * What the watch page and the kiosk page say, by language. The languages of the browser decide, or
 * `?lang=de` in the address; English is the last resort.
 */
export const TEXTS = {
  en: {
    video: 'Video',
    retry: 'Try again',
    full: 'Full screen',
    captions: 'Captions',
    download: 'Download',
    oldBrowser: 'This browser cannot play the video. A current version of any browser can.',
    gone: 'This video is no longer there.',
    notLoaded: 'The video cannot be loaded.',
    notPlayed: 'The video cannot be played.',
    sound: 'Touch the screen for sound',
    announcement: 'Announcement',
    waiting: 'Waiting for the first announcement.',
    lost: 'No connection to Node-RED.',
  },
  de: {
    video: 'Video',
    retry: 'Erneut versuchen',
    full: 'Vollbild',
    captions: 'Untertitel',
    download: 'Herunterladen',
    oldBrowser:
      'Dieser Browser kann das Video nicht abspielen. Eine aktuelle Version jedes Browsers kann es.',
    gone: 'Dieses Video ist nicht mehr da.',
    notLoaded: 'Das Video kann nicht geladen werden.',
    notPlayed: 'Das Video kann nicht abgespielt werden.',
    sound: 'Für Ton den Bildschirm berühren',
    announcement: 'Durchsage',
    waiting: 'Warten auf die erste Durchsage.',
    lost: 'Keine Verbindung zu Node-RED.',
  },
  fr: {
    video: 'Vidéo',
    retry: 'Réessayer',
    full: 'Plein écran',
    captions: 'Sous-titres',
    download: 'Télécharger',
    oldBrowser:
      'Ce navigateur ne peut pas lire la vidéo. Une version récente de n’importe quel navigateur le peut.',
    gone: 'Cette vidéo n’est plus là.',
    notLoaded: 'La vidéo ne peut pas être chargée.',
    notPlayed: 'La vidéo ne peut pas être lue.',
    sound: 'Touchez l’écran pour avoir le son',
    announcement: 'Annonce',
    waiting: 'En attente de la première annonce.',
    lost: 'Pas de connexion à Node-RED.',
  },
  es: {
    video: 'Vídeo',
    retry: 'Reintentar',
    full: 'Pantalla completa',
    captions: 'Subtítulos',
    download: 'Descargar',
    oldBrowser:
      'Este navegador no puede reproducir el vídeo. Una versión actual de cualquier navegador sí puede.',
    gone: 'Este vídeo ya no está disponible.',
    notLoaded: 'No se puede cargar el vídeo.',
    notPlayed: 'No se puede reproducir el vídeo.',
    sound: 'Toque la pantalla para activar el sonido',
    announcement: 'Anuncio',
    waiting: 'Esperando el primer anuncio.',
    lost: 'Sin conexión con Node-RED.',
  },
  ja: {
    video: '動画',
    retry: '再試行',
    full: '全画面',
    captions: '字幕',
    download: 'ダウンロード',
    oldBrowser: 'このブラウザーでは動画を再生できません。最新のブラウザーを使用してください。',
    gone: 'この動画はもうありません。',
    notLoaded: '動画を読み込めません。',
    notPlayed: '動画を再生できません。',
    sound: '画面に触れると音声が出ます',
    announcement: 'お知らせ',
    waiting: '最初のお知らせを待っています。',
    lost: 'Node-RED に接続できません。',
  },
  zh: {
    video: '视频',
    retry: '重试',
    full: '全屏',
    captions: '字幕',
    download: '下载',
    oldBrowser: '此浏览器无法播放该视频。请使用任一浏览器的当前版本。',
    gone: '该视频已不存在。',
    notLoaded: '无法加载该视频。',
    notPlayed: '无法播放该视频。',
    sound: '触摸屏幕以播放声音',
    announcement: '播报',
    waiting: '正在等待第一条播报。',
    lost: '未连接到 Node-RED。',
  },
};

export type Language = keyof typeof TEXTS;
export type TextKey = keyof (typeof TEXTS)['en'];

/** The language of a page. */
export function languageFor(languages: readonly string[], search: string): Language {
  const asked = new URLSearchParams(search).get('lang') ?? '';
  const wanted = [asked, ...languages].map((tag) => tag.toLowerCase().split('-')[0]);
  const isKnown = (tag: string): tag is Language => Object.hasOwn(TEXTS, tag);
  return wanted.find(isKnown) ?? 'en';
}

/**
 * Puts the page's language and texts in: elements with `data-text` get that text, those with
 * `data-label` that ARIA label.
 * @returns what looks up a text
 */
export function translatePage(): (key: TextKey) => string {
  const language = languageFor(navigator.languages, location.search);
  const text = (key: TextKey): string => TEXTS[language][key];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
    element.textContent = text(element.dataset['text'] as TextKey);
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
    element.setAttribute('aria-label', text(element.dataset['label'] as TextKey));
  }
  return text;
}
