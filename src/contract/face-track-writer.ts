import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { encodeRecord, type TrackedFace } from './face-record';
import type { FrameRate } from './timeline';

/** The JSON file of a video's track. */
export interface VideoTrackHeader {
  version: 2;
  topology: 'facemesh-468';
  width: number;
  height: number;
  rate: FrameRate;
  frameCount: number;
  /** Name of the file of records, in the same folder. */
  records: string;
}

const RECORDS_FILE = 'track.bin';
const HEADER_FILE = 'track.json';

/** The file of records beside the JSON file of a video's track. */
export function trackRecords(track: string): string {
  return path.join(path.dirname(track), RECORDS_FILE);
}

/** Writes a video's track, a frame at a time. Memory does not grow with the video. */
export class FaceTrackWriter {
  #frameCount = 0;

  private constructor(
    private readonly folder: string,
    private readonly facts: Pick<VideoTrackHeader, 'width' | 'height' | 'rate'>,
    private readonly records: FileHandle,
  ) {}

  /** Starts `track.bin` in a folder where there is none. */
  static async create(
    folder: string,
    facts: Pick<VideoTrackHeader, 'width' | 'height' | 'rate'>,
  ): Promise<FaceTrackWriter> {
    return new FaceTrackWriter(folder, facts, await open(path.join(folder, RECORDS_FILE), 'wx'));
  }

  /** Frames written so far. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** The next frame. */
  async write(frame: TrackedFace): Promise<void> {
    const bytes = encodeRecord(frame);
    // `write` may take less than all of it; `appendFile` does not.
    await this.records.appendFile(bytes);
    this.#frameCount++;
  }

  /**
   * Closes the records and writes the JSON file.
   * @returns its path
   */
  async finish(): Promise<string> {
    await this.close();
    const { width, height, rate } = this.facts;
    const header: VideoTrackHeader = {
      version: 2,
      topology: 'facemesh-468',
      width,
      height,
      rate,
      frameCount: this.#frameCount,
      records: RECORDS_FILE,
    };
    const file = path.join(this.folder, HEADER_FILE);
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify(header)).finally(() => handle.close());
    return file;
  }

  /** Closes the records; for a job that failed. */
  async close(): Promise<void> {
    await this.records.close();
  }
}
