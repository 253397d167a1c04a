/**
 * Peak signal-to-noise ratio in dB of numbers from 0 to 1; 100 where they agree better than that.
 * NaN anywhere gives 0.
 */
export function psnr(wanted: Float32Array, found: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < wanted.length; i++) sum += (wanted[i] - found[i]) ** 2;
  const error = sum / wanted.length;
  if (!(error >= 0) || wanted.length !== found.length) return 0;
  return Math.min(100, -10 * Math.log10(Math.max(error, 1e-10)));
}
