/**
 * The house sentence in two: what is wrong, and what to do, which stands behind the last semicolon
 * that is not in parentheses. A sentence without one is all of the first kind.
 */
export function inTwo(sentence: string): { text: string; remedy?: string } {
  const whole = sentence.trim().replace(/\.$/, '');
  let depth = 0;
  let at = -1;
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] === '(') depth++;
    else if (whole[i] === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0 && whole.startsWith('; ', i)) at = i;
  }
  if (at < 0) return { text: whole };
  return { text: whole.slice(0, at), remedy: whole.slice(at + 2) };
}
