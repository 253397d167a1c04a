import { LipwireError } from '../media';
import type { StageInput, StageName, StageOutput, StageParameters } from '../stages';
import type { Diagnostics, RunOptions, StudioOptions, StudioStats } from './types';

/** What a flow talks to: runs stages in the engine process and keeps what they make. */
export class Studio {
  constructor(readonly options: StudioOptions = {}) {}

  /**
   * The output of a stage: from the workspace where it is there already, otherwise made.
   * Paths in the output are absolute. The files stay at least 15 minutes; see {@link pin}.
   * @throws E_PATH naming an input file that does not exist, or a bad workspace folder; E_CANCELLED;
   *   E_ENGINE_LOST; E_DISK; and whatever the stage throws
   */
  async run<S extends StageName>(
    stage: S,
    _input: StageInput<S>,
    _parameters: StageParameters<S>,
    _options: RunOptions = {},
  ): Promise<StageOutput<S>> {
    throw new LipwireError('E_INTERNAL', `The studio cannot run ${stage} yet.`);
  }

  /**
   * Keeps a Buffer's content as a file of the workspace, named by its content.
   * @param extension of the closed list in `kept-files.ts`; found from the content when left out
   * @returns the file's absolute path
   * @throws E_INPUT for an empty, too large or unknown content
   */
  async keepFile(_bytes: Uint8Array, _extension?: string): Promise<string> {
    throw new LipwireError('E_INTERNAL', 'The studio cannot keep files yet.');
  }

  /**
   * Protects the artifact that a path lies in from being swept until the returned function is called
   * (calling it again does nothing). Paths outside the workspace need no protection and are ignored.
   * For published streams, and for clips that wait to be stitched.
   */
  pin(_path: string): () => void {
    return () => undefined;
  }

  /** Work done and saved so far. */
  get stats(): StudioStats {
    throw new LipwireError('E_INTERNAL', 'The studio keeps no statistics yet.');
  }

  /** Versions, folders and state, for a fault report; starts the engine to ask for FFmpeg. Never rejects. */
  async diagnostics(): Promise<Diagnostics> {
    throw new LipwireError('E_INTERNAL', 'The studio has no diagnostics yet.');
  }

  /**
   * Ends everything within three seconds: waiting and running jobs reject with E_CANCELLED, the
   * engine process and its FFmpegs are gone when it resolves. May be called again. Never rejects.
   */
  async close(): Promise<void> {}
}
