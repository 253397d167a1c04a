#!/usr/bin/env node
// Renders assets/avatar/avatar.svg to avatar.png beside it.
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const file = (name) => fileURLToPath(new URL(`../assets/avatar/${name}`, import.meta.url));
await sharp(file('avatar.svg'), { unlimited: true })
  .flatten({ background: '#c6ced5' })
  .png({ compressionLevel: 9, adaptiveFiltering: true })
  .toFile(file('avatar.png'));
