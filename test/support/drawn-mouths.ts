/** The built-in avatar with other mouths drawn over its own: apart, with teeth, tongue or a beard. */
import path from 'node:path';
import sharp from 'sharp';
import { avatarFile } from '../../src/runtime/avatar';

/** Where the drawn mouths lie on the avatar, in pixels. */
export const DRAWN_MOUTH = { left: 474, right: 606, centre: 540, corner: 580, line: 584 };

interface Mouth {
  /** Height of the opening in pixels. */
  gap: number;
  /** Upper and lower teeth that are seen, in pixels; `gaps` are dark lines between some of the upper ones. */
  above?: number;
  below?: number;
  gaps?: boolean;
  tongue?: boolean;
  /** Hair over the upper lip. */
  moustache?: boolean;
}

/** Mouths by name: lips parted a little, smiles, wide open ones. */
export const MOUTHS: Record<string, Mouth> = {
  'parted by 1': { gap: 1 },
  'parted by 3': { gap: 3 },
  'parted by 8': { gap: 8 },
  smile: { gap: 26, above: 30 },
  'smile with gaps': { gap: 26, above: 30, gaps: true },
  'teeth over dark': { gap: 44, above: 16 },
  'teeth above and below': { gap: 48, above: 14, below: 12 },
  tongue: { gap: 46, above: 10, tongue: true },
  moustache: { gap: 22, above: 26, moustache: true },
};

const LIP = '#b5504c';
const DARK = '#2c0d0f';
const TOOTH = '#f2efe8';

function svgOf({ gap, above = 0, below = 0, gaps, tongue, moustache }: Mouth): string {
  const { left, right, centre, corner, line } = DRAWN_MOUTH;
  const top = line - 0.4 * gap;
  const bottom = line + 0.6 * gap;
  // A quadratic curve through the middle of its height.
  const over = (y: number) => 2 * y - corner;
  const inner =
    `M${left} ${corner} Q${centre} ${over(top)} ${right} ${corner} ` +
    `Q${centre} ${over(bottom)} ${left} ${corner}Z`;
  const outer =
    `M${left - 5} ${corner - 1} Q${centre - 35} ${2 * (top - 17) - corner} ${centre} ${top - 16} ` +
    `Q${centre + 35} ${2 * (top - 17) - corner} ${right + 5} ${corner - 1} ` +
    `Q${centre} ${over(bottom + 27)} ${left - 5} ${corner - 1}Z`;
  const joints = [-38, -20, 0, 20, 38].map(
    (x) => `<rect x="${centre + x - 1}" y="${top - 20}" width="2.5" height="90" fill="${DARK}"/>`,
  );
  const hairs = Array.from({ length: 60 }, (_, i) => {
    const x = centre - 68 + (136 * i) / 59;
    const tilt = (x - centre) / 6;
    return `<path d="M${x} ${top - 34} L${x + tilt} ${top - 3 + (i % 3)}" stroke="#4a3020" stroke-width="3"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1080" height="1080">
    <defs><clipPath id="inside"><path d="${inner}"/></clipPath>
      <filter id="soft"><feGaussianBlur stdDeviation="0.7"/></filter></defs>
    <g filter="url(#soft)"><path d="${outer}" fill="${LIP}"/><path d="${inner}" fill="${DARK}"/>
    <g clip-path="url(#inside)">
      ${tongue ? `<ellipse cx="${centre}" cy="${bottom}" rx="40" ry="${0.4 * gap}" fill="#c4626a"/>` : ''}
      ${above ? `<rect x="${centre - 52}" y="${top - 20}" width="104" height="${20 + above}" rx="8" fill="${TOOTH}"/>` : ''}
      ${gaps ? joints.join('') : ''}
      ${below ? `<rect x="${centre - 42}" y="${bottom - below}" width="84" height="40" rx="8" fill="${TOOTH}"/>` : ''}
    </g>${moustache ? hairs.join('') : ''}</g>
  </svg>`;
}

/** Writes the avatar with one of {@link MOUTHS}; returns the file. */
export async function drawnMouth(folder: string, name: string): Promise<string> {
  const file = path.join(folder, `${name.replaceAll(' ', '-')}.png`);
  await sharp(avatarFile())
    .composite([{ input: Buffer.from(svgOf(MOUTHS[name])) }])
    .png()
    .toFile(file);
  return file;
}
