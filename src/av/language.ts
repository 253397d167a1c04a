/** MP4 says languages with three letters (ISO 639-2/T); this maps the two letters of ISO 639-1. */
const THREE_LETTERS: Record<string, string> = Object.fromEntries(
  (
    'af afr am amh ar ara as asm az aze be bel bg bul bn ben bs bos ca cat cs ces cy cym da dan ' +
    'de deu el ell en eng eo epo es spa et est eu eus fa fas fi fin fr fra ga gle gd gla gl glg ' +
    'gu guj he heb hi hin hr hrv hu hun hy hye id ind is isl it ita ja jpn ka kat kk kaz km khm ' +
    'kn kan ko kor ky kir la lat lb ltz lo lao lt lit lv lav mi mri mk mkd ml mal mn mon mr mar ' +
    'ms msa mt mlt my mya nb nob ne nep nl nld nn nno no nor or ori pa pan pl pol ps pus pt por ' +
    'ro ron ru rus sd snd si sin sk slk sl slv so som sq sqi sr srp sv swe sw swa ta tam te tel ' +
    'tg tgk th tha tk tuk tl tgl tr tur tt tat ug uig uk ukr ur urd uz uzb vi vie yi yid yo yor ' +
    'zh zho zu zul'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, code, index, codes) => {
      if (index % 2 === 0) pairs.push([code, codes[index + 1]]);
      return pairs;
    }, []),
);

/** The ISO 639-2/T code of a BCP 47 tag: `en-GB` → `eng`; `und` where it is not known. */
export function iso639(language: string | undefined): string {
  const primary = language?.split(/[-_]/)[0]?.toLowerCase() ?? '';
  if (/^[a-z]{3}$/.test(primary)) return primary;
  return Object.hasOwn(THREE_LETTERS, primary) ? THREE_LETTERS[primary] : 'und';
}
