import { Studio } from '../studio';

/** Opens a studio for one command and closes it whatever happens. */
export async function withStudio<T>(
  workspace: string | undefined,
  use: (studio: Studio) => Promise<T>,
): Promise<T> {
  const studio = new Studio({ workspace });
  try {
    return await use(studio);
  } finally {
    await studio.close();
  }
}
