import { LipwireError } from '../contract';
import { downloadFromWeb, type WebFile } from '../net/download';
import { withoutSecrets } from '../net/rules';
import { isKept, keptFile, moveToKept } from './kept-files';
import type { StudioSettings } from './settings';
import { sniffExtension } from '../av/sniff';
import { discard, temporaryFolder, type Workspace } from './workspace';

/** Most addresses of which it is remembered what they gave. */
const REMEMBERED = 200;

/** What an address gave. */
interface Known {
  etag: string;
  file: string;
  bytes: number;
}

/** Portraits and sounds from the web, kept in the workspace by their content. */
export class WebFiles {
  readonly #known = new Map<string, Known>();

  constructor(
    private readonly workspace: Workspace,
    private readonly settings: Pick<
      StudioSettings,
      'acceptWeb' | 'webRules' | 'limits' | 'timeLimit'
    >,
  ) {}

  /**
   * The file of an address: asked for each time, but not sent again where the server knows that it
   * has not changed (by its ETag).
   * @throws see {@link downloadFromWeb}; E_INPUT where the studio accepts none, or for other content
   */
  async fetch(address: string, field: string, signal: AbortSignal): Promise<string> {
    const { acceptWeb, webRules: rules, limits, timeLimit: timeFactor } = this.settings;
    if (!acceptWeb) throw notAccepted(address, field);
    const known = this.#known.get(address);
    const isThere = known && (await isKept(this.workspace, known.file, known.bytes));
    const temporary = await temporaryFolder(this.workspace);
    try {
      const etag = isThere ? { etag: known.etag } : {};
      const request = { field, rules, mostBytes: limits.bytes, timeFactor, signal, ...etag };
      const came = await downloadFromWeb(address, temporary, request);
      if (!came) return (known as Known).file;
      const extension = sniffExtension(came.head);
      if (!extension) throw otherContent(address, field);
      const file = keptFile(this.workspace, came.sha256, extension);
      if (!(await isKept(this.workspace, file, came.bytes)))
        await moveToKept(this.workspace, temporary, file);
      this.#remember(address, file, came);
      return file;
    } finally {
      await discard(temporary);
    }
  }

  #remember(address: string, file: string, { etag, bytes }: WebFile): void {
    this.#known.delete(address);
    if (!etag) return;
    this.#known.set(address, { etag, file, bytes });
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}

function notAccepted(address: string, field: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected the path of a file on this machine for ${field} but received the web address ` +
      `${withoutSecrets(address)}; switch on "Accept portraits and sound from web addresses" in the ` +
      'studio (--allow-web on the command line), or fetch it with an http request node and pass the ' +
      'Buffer on.',
  );
}

function otherContent(address: string, field: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected a picture, sound or video at ${withoutSecrets(address)} for ${field} but its first ` +
      'bytes are of no format that is known; give the address of the file itself, not of a page.',
  );
}
