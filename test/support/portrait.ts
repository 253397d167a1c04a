/** Portraits for tests: one that is drawn, simple but human enough for the face networks, and a small one. */
import path from 'node:path';
import sharp from 'sharp';
import { avatarFile } from '../../src/runtime/avatar';

/** Writes the avatar in a quarter of its size, for tests whose pictures nobody looks at. */
export async function smallAvatar(folder: string): Promise<string> {
  const file = path.join(folder, 'small-avatar.png');
  await sharp(avatarFile()).resize(256).toFile(file);
  return file;
}

/** An SVG of 400 × 400 units: a face about 190 wide and 250 high around (200, 205). */
export function portraitSvg({ background = '#9db4c0', openness = 0 } = {}): string {
  const lower = 282 + 26 * openness;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">
    <defs>
      <radialGradient id="skin" cx="0.45" cy="0.4" r="0.7">
        <stop offset="0" stop-color="#f3cdb2"/><stop offset="0.65" stop-color="#dfa888"/>
        <stop offset="1" stop-color="#a8694c"/>
      </radialGradient>
      <linearGradient id="nose" x1="0" x2="1"><stop offset="0" stop-color="#c98d6c" stop-opacity="0"/>
        <stop offset="1" stop-color="#a8694c" stop-opacity="0.6"/></linearGradient>
      <filter id="soft"><feGaussianBlur stdDeviation="4"/></filter>
    </defs>
    <rect width="400" height="400" fill="${background}"/>
    <path d="M60 400 Q80 345 160 335 L240 335 Q320 345 340 400 Z" fill="#37474f"/>
    <path d="M162 290 L162 350 Q200 380 238 350 L238 290 Z" fill="#b97a5b"/>
    <ellipse cx="200" cy="170" rx="118" ry="125" fill="#3b2a20"/>
    <path d="M103 190 Q103 90 200 88 Q297 90 297 190 Q296 265 250 312 Q200 345 150 312 Q104 265 103 190Z"
      fill="url(#skin)"/>
    <path d="M98 190 Q95 80 200 72 Q305 80 302 190 Q290 120 235 112 Q170 108 140 125 Q108 145 98 190Z"
      fill="#3b2a20"/>
    <g filter="url(#soft)" opacity="0.5">
      <ellipse cx="155" cy="196" rx="30" ry="16" fill="#a8694c"/>
      <ellipse cx="245" cy="196" rx="30" ry="16" fill="#a8694c"/>
      <ellipse cx="200" cy="312" rx="28" ry="7" fill="#a8694c"/>
      <ellipse cx="140" cy="245" rx="22" ry="14" fill="#e08b74"/>
      <ellipse cx="260" cy="245" rx="22" ry="14" fill="#e08b74"/>
    </g>
    <g fill="none" stroke="#3b2a20" stroke-width="8" stroke-linecap="round">
      <path d="M130 173 Q152 160 178 171"/><path d="M222 171 Q248 160 270 173"/>
    </g>
    <g>
      <path d="M133 198 Q155 180 177 199 Q155 211 133 198Z" fill="#fbf6f1"/>
      <path d="M223 199 Q245 180 267 198 Q245 211 223 199Z" fill="#fbf6f1"/>
      <circle cx="155" cy="196" r="9" fill="#5d4130"/><circle cx="245" cy="196" r="9" fill="#5d4130"/>
      <circle cx="155" cy="196" r="4.5" fill="#140d09"/><circle cx="245" cy="196" r="4.5" fill="#140d09"/>
      <circle cx="158" cy="193" r="2" fill="#fff"/><circle cx="248" cy="193" r="2" fill="#fff"/>
      <g fill="none" stroke="#2a1c14" stroke-width="3">
        <path d="M131 199 Q155 178 179 200"/><path d="M221 200 Q245 178 269 199"/></g>
    </g>
    <path d="M203 190 Q214 235 220 247 Q212 258 200 257 L200 190Z" fill="url(#nose)"/>
    <g fill="#7c4632"><ellipse cx="189" cy="252" rx="6" ry="3.5"/><ellipse cx="211" cy="252" rx="6" ry="3.5"/></g>
    <path d="M180 247 Q176 255 187 257 M220 247 Q224 255 213 257" fill="none" stroke="#a8694c" stroke-width="2.5"/>
    <path d="M163 281 Q200 282 237 281 Q200 ${lower} 163 281Z" fill="#3a1012"/>
    <path d="M160 281 Q180 269 193 271 Q200 274 207 271 Q220 269 240 281 Q200 284 160 281Z" fill="#b4525a"/>
    <path d="M163 281 Q200 ${lower} 237 281 Q225 ${lower + 19} 200 ${lower + 19} Q175 ${lower + 19} 163 281Z"
      fill="#c4666c"/>
  </svg>`;
}
