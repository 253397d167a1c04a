import { Studio } from '../runtime/studio';
import type { StudioOptions } from '../runtime/types';

/** Opens a studio for one command and closes it whatever happens. */
export async function withStudio<T>(
  options: StudioOptions,
  use: (studio: Studio) => Promise<T>,
): Promise<T> {
  const studio = new Studio(options);
  try {
    return await use(studio);
  } finally {
    await studio.close();
  }
}
