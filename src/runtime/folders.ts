/** Where things lie when nobody says where. */
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { makeFolder } from '../files/make-folder';

/** `lipwire-<user>` in the system's temporary folder (on Windows that is the user's own anyway). */
export function defaultWorkspace(): string {
  const user = process.getuid?.();
  return path.join(tmpdir(), user === undefined ? 'lipwire' : `lipwire-${user}`);
}

/**
 * The folder for models: as set, else LIPWIRE_MODELS, else the user's cache folder, else (where
 * there is none that can be written) the workspace. Never Node-RED's user folder: that is backed up.
 */
export async function modelsFolder(setting: string, workspace: string): Promise<string> {
  const chosen = setting || process.env['LIPWIRE_MODELS'];
  if (chosen) return path.resolve(chosen);
  const folder = path.join(cacheFolder(), 'lipwire', 'models');
  try {
    await makeFolder(folder);
    return folder;
  } catch {
    return path.join(workspace, 'models');
  }
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (process.platform === 'win32' && local) return local;
  if (xdg && path.isAbsolute(xdg)) return xdg;
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches');
  return path.join(homedir(), '.cache');
}
