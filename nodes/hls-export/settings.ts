/** Settings of hls-export for publishing. */
import { inputError } from '../../src/contract';

export const URL_PATH_DEFAULT = 'lipwire';
export const KEEP = { default: 20, min: 1, max: 1000 } as const;

/**
 * The path under the HTTP root: names of letters, digits, `-` and `_`, joined by `/`.
 * @throws E_INPUT
 */
export function urlPath(setting: unknown): string {
  if (setting === undefined || setting === null || setting === '') return URL_PATH_DEFAULT;
  const trimmed = typeof setting === 'string' ? setting.replace(/^\/+|\/+$/g, '') : '';
  if (!/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(trimmed) || trimmed.length > 200) {
    const expectation = 'a URL path of letters, digits, - and _ such as lipwire or kiosk/news';
    throw inputError('the setting path', expectation, setting);
  }
  return trimmed;
}

/** Streams that a node keeps published. @throws E_INPUT */
export function keepCount(setting: unknown): number {
  if (setting === undefined || setting === null || setting === '') return KEEP.default;
  const count = typeof setting === 'string' ? Number(setting) : setting;
  if (typeof count === 'number' && Number.isInteger(count)) {
    if (count >= KEEP.min && count <= KEEP.max) return count;
  }
  throw inputError('the setting keep', `a whole number from ${KEEP.min} to ${KEEP.max}`, setting);
}
