/**
 * The house sentence in two: what is wrong, and what to do. A sentence without a remedy is all of the
 * first kind.
 */
export function inTwo(sentence: string): { text: string; remedy?: string } {
  const whole = sentence.trim().replace(/\.$/, '');
  const at = whole.lastIndexOf('; ');
  if (at < 0) return { text: whole };
  return { text: whole.slice(0, at), remedy: whole.slice(at + 2) };
}
