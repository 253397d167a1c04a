/** What is read otherwise than it is written in every language: addresses, fancy letters, stops. */
import type { Replacement } from '../rewriting';

const ADDRESS =
  /(?:https?|ftp):\/\/[^\s<>"'“”«»()\u3000-\u9fff]+|\bwww\.[^\s<>"'“”«»()\u3000-\u9fff]+/gi;

/** Bare addresses are read as the name of their host. */
export function addresses(text: string): Replacement[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: whole, index }) => {
    const address = whole.replace(/[.,;:!?…\]}]+$/, '');
    const host = /^(?:\w+:\/\/)?(?:[^/@]*@)?(?:www\d?\.)?([^/:?#]+)/i.exec(address)?.[1];
    if (!host || host === address) return [];
    return [{ start: index, end: index + address.length, spoken: host }];
  });
}

/** Mathematical, full-width, circled and letter-like letters and digits (Unicode's compatibility). */
const FANCY =
  /[\u{1D400}-\u{1D7FF}\u{1F110}-\u{1F12B}\u{1F130}-\u{1F149}\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\u2102-\u2115\u2119-\u211D\u2124\u2128-\u2138\u24B6-\u24E9]+/gu;

/** Letters of special shape are letters: `𝓗𝓮𝓵𝓵𝓸` is "Hello". */
export function fancyLetters(text: string): Replacement[] {
  return [...text.matchAll(FANCY)].flatMap(({ 0: letters, index }) => {
    // Circled and squared letters have a form of their own as capitals.
    const plain = letters.replace(/[\u{1F130}-\u{1F149}]/gu, (letter) =>
      String.fromCharCode(65 + (letter.codePointAt(0) ?? 0) - 0x1f130),
    );
    const spoken = plain.normalize('NFKC').replace(/[()]/g, '');
    if (spoken === letters) return [];
    return [{ start: index, end: index + letters.length, spoken }];
  });
}

/**
 * A stop behind a closing quote, bracket or tick is a pause; some voices name it ("dot"). It is put
 * before them.
 */
export function stopsBehindQuotes(text: string): Replacement[] {
  const found = text.matchAll(/(?<=[\p{L}\p{N}%])(["'”’»)\]`}]+)([.,;:!?]+)(?=\s|$)/gu);
  return [...found].map(({ 0: whole, 1: closing, 2: stop, index }) => ({
    start: index,
    end: index + whole.length,
    spoken: stop + closing.replace(/`/g, ''),
  }));
}

const EMOJI =
  /(?:\p{Regional_Indicator}{2}|[#*0-9]\uFE0F?\u20E3|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}(?=[\uFE0F\u200D])|(?=\p{Extended_Pictographic})[\u2600-\u27BF\u{1F000}-\u{1FAFF}])[\uFE0F\u{1F3FB}-\u{1F3FF}\u{E0020}-\u{E007F}]*(?:\u200D\p{Extended_Pictographic}[\uFE0F\u{1F3FB}-\u{1F3FF}]*)*)+/gu;

/** Emoji are left out, of a text that has anything else to say. */
export function withoutEmoji(text: string): Replacement[] {
  const found = [...text.matchAll(EMOJI)];
  if (found.length === 0 || !/[\p{L}\p{N}]/u.test(text.replace(EMOJI, ''))) return [];
  return found.map(({ 0: emoji, index }) => ({
    start: index,
    end: index + emoji.length,
    spoken: index === 0 || /\s/.test(text.charAt(index - 1)) ? '' : ' ',
  }));
}
