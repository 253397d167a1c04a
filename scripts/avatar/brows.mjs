// Eyebrows: a soft shape with a few hundred hairs over it.
import { cubic, group, number, path, randomFrom } from './svg.mjs';

/** Brow hairs from the nose outwards: upright at first, then lying along the arch. */
function brow(side) {
  const random = randomFrom(side > 0 ? 21 : 22);
  const spine = [[13.5, -17.4], [25, -20.6], [36, -26.6], [52, -16.6]]; // prettier-ignore
  const tones = ['#2e1b12', '#402718', '#553622'];
  const lines = tones.map(() => '');
  for (let i = 0; i < 520; i++) {
    const along = random() ** 0.9;
    const [x, y] = cubic(spine, along);
    const thickness = along < 0.12 ? 1.9 + 7 * along : 2.75 - 2.5 * ((along - 0.12) / 0.88) ** 1.3;
    if (along < 0.1 && random() < 0.55 - 4 * along) continue;
    const across = (random() + random() - 1) * thickness;
    const lie = along < 0.35 ? -1.2 + (along / 0.35) * 0.8 : -0.4 + ((along - 0.35) / 0.65) * 1.02;
    const angle = lie - across * 0.1 * (1 - along) + (random() - 0.5) * 0.22;
    const length = (2.2 + 1.6 * random()) * (1 - 0.35 * along) * (along < 0.1 ? 0.8 : 1);
    const [x0, y0] = [
      x - (Math.cos(angle) * length) / 2,
      y + across - (Math.sin(angle) * length) / 2,
    ];
    const [x1, y1] = [x0 + Math.cos(angle) * length, y0 + Math.sin(angle) * length];
    const n = (v) => number(v, 2);
    lines[i % 3] +=
      `M${n(x0)} ${n(y0)}Q${n((x0 + x1) / 2 - 0.1)} ${n((y0 + y1) / 2 - 0.22)} ${n(x1)} ${n(y1)}`;
  }
  return group(
    { transform: `translate(0 1.3) scale(${side} 1)` },
    path(
      'M12.4 -15.4C12.6 -18.4 14.6 -20.4 18.6 -21C26 -22.2 33 -25.2 40 -24C45.4 -22.8 49.4 -20 52 -16.6C47.4 -19 43 -21 38 -21C30 -20.8 20 -16.6 12.4 -15.4Z',
      { fill: '#4d2f20', opacity: 0.62, filter: 'url(#blur-1)' },
    ),
    ...lines.map((d, i) =>
      path(d, {
        fill: 'none',
        stroke: tones[i],
        'stroke-width': 0.24,
        opacity: 0.56,
        'stroke-linecap': 'round',
      }),
    ),
  );
}

/** Both brows. */
export const brows = () => [brow(-1), brow(1)];
