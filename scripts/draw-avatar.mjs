#!/usr/bin/env node
// Draws the project's avatar and writes it as assets/avatar/avatar.svg. The drawing is made in
// millimetres of a head; see scripts/avatar/sculpture.mjs. Run scripts/render-avatar.mjs afterwards.
import { writeFile } from 'node:fs/promises';
import { brows } from './avatar/brows.mjs';
import { clothes, clothesDefinitions, backdrop, jacketClip } from './avatar/clothes.mjs';
import { eyeDefinitions, eyeLeftClip, eyes } from './avatar/eyes.mjs';
import { hairBehind, hairDefinitions, hairFall, hairTop } from './avatar/hair.mjs';
import { mouth, mouthDefinitions } from './avatar/mouth.mjs';
import { ears, face, neck, skinDefinitions } from './avatar/skin.mjs';
import { blur } from './avatar/svg.mjs';

const SIZE = 1080;
// Standard deviation in millimetres, and the margin around the shape (or the box) that it needs.
const BLURS = {
  '02': [0.12, 0.6],
  '03': [0.25, 1],
  '05': [0.45, 1],
  '07': [0.7, 1],
  1: [1.1, 1.2],
  3: [2.8, 0.8],
  6: [5, 1.6],
  12: [10, 1.6],
  30: [26, 0.7],
  face: [0.45, [-72, -110, 72, 112]],
  neck: [1.1, [-114, 56, 114, 218]],
  clothes: [2.2, [-192, 134, 192, 242]],
};

const lines = [
  `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}" viewBox="0 0 ${SIZE} ${SIZE}">`,
  '<title>The Lipwire presenter</title>',
  '<!-- Drawn by scripts/draw-avatar.mjs. Apache-2.0, as the project. -->',
  '<defs>',
  ...Object.entries(BLURS).map(([name, settings]) => blur(name, ...settings)),
  clothesDefinitions,
  jacketClip,
  skinDefinitions,
  eyeDefinitions,
  eyeLeftClip,
  mouthDefinitions,
  hairDefinitions,
  '</defs>',
  '<g transform="translate(540 404) scale(2.9)">',
  ...backdrop(),
  ...hairBehind(),
  ...neck(),
  ...clothes(),
  ...hairFall(),
  ...ears(),
  face(),
  ...eyes(),
  ...brows(),
  ...mouth(),
  ...hairTop(),
  '</g>',
  '</svg>',
  '',
];
await writeFile(new URL('../assets/avatar/avatar.svg', import.meta.url), lines.join('\n'));
