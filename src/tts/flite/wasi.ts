/**
 * As much of WASI (preview 1) as Flite uses, with files in memory: it sees nothing of the machine.
 * Node.js's own `node:wasi` is experimental, says so in the log, and made Node.js 20 crash here.
 */

/** Errors of WASI. */
const BADF = 8;
const NOENT = 44;

/** File types of WASI. */
const DEVICE = 2;
const FOLDER = 3;
const FILE = 4;

/** The folder that all names are relative to. */
const ROOT_FD = 3;

class Exit extends Error {}

interface OpenFile {
  name: string;
  at: number;
}

/** A growing file. */
class MemoryFile {
  bytes: Buffer;
  size: number;

  constructor(content: Buffer) {
    this.bytes = content;
    this.size = content.length;
  }

  write(part: Uint8Array, at: number): void {
    const end = at + part.length;
    if (end > this.bytes.length) {
      this.bytes = Buffer.concat([this.bytes], Math.max(end, 2 * this.bytes.length, 65_536));
    }
    this.bytes.set(part, at);
    this.size = Math.max(this.size, end);
  }
}

/**
 * Runs a program to its end.
 * @param files what it finds, by name
 * @returns what it printed, and all files afterwards
 * @throws the program's trap
 */
export async function runWasi(
  program: WebAssembly.Module,
  args: readonly string[],
  files: ReadonlyMap<string, Buffer> = new Map(),
): Promise<{ printed: string; files: Map<string, Buffer> }> {
  const stored = new Map([...files].map(([name, content]) => [name, new MemoryFile(content)]));
  const printed = new MemoryFile(Buffer.alloc(0));
  const open = new Map<number, OpenFile>();
  const given = args.map((arg) => Buffer.from(`${arg}\0`));
  const view = (): DataView => new DataView(memory.buffer);
  const bytes = (at: number, length: number): Uint8Array =>
    new Uint8Array(memory.buffer, at, length);
  const parts = (list: number, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) =>
      bytes(view().getUint32(list + 8 * i, true), view().getUint32(list + 8 * i + 4, true)),
    );
  const typeOf = (fd: number): number =>
    fd === ROOT_FD ? FOLDER : open.has(fd) ? FILE : fd <= 2 ? DEVICE : 0;
  const fileOf = (fd: number): [MemoryFile, OpenFile] | undefined => {
    const file = open.get(fd);
    const content = file && stored.get(file.name);
    return content && [content, file];
  };

  const calls = {
    args_sizes_get(count: number, size: number) {
      view().setUint32(count, given.length, true);
      view().setUint32(size, Buffer.concat(given).length, true);
      return 0;
    },
    args_get(pointers: number, at: number) {
      for (const [index, arg] of given.entries()) {
        view().setUint32(pointers + 4 * index, at, true);
        bytes(at, arg.length).set(arg);
        at += arg.length;
      }
      return 0;
    },
    clock_time_get(_id: number, _precision: bigint, at: number) {
      view().setBigUint64(at, 0n, true);
      return 0;
    },
    fd_close: (fd: number) => (open.delete(fd) ? 0 : BADF),
    fd_fdstat_get(fd: number, at: number) {
      if (typeOf(fd) === 0) return BADF;
      bytes(at, 24).fill(0);
      view().setUint8(at, typeOf(fd));
      // All rights.
      view().setBigInt64(at + 8, -1n, true);
      view().setBigInt64(at + 16, -1n, true);
      return 0;
    },
    fd_fdstat_set_flags: () => 0,
    fd_prestat_get(fd: number, at: number) {
      if (fd !== ROOT_FD) return BADF;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, 1, true);
      return 0;
    },
    fd_prestat_dir_name(_fd: number, at: number) {
      bytes(at, 1)[0] = '.'.charCodeAt(0);
      return 0;
    },
    path_open(
      ...[, , name, length, flags, , , , opened]: [
        ...[number, number, number, number, number, bigint, bigint, number, number],
      ]
    ) {
      const CREATE = 1;
      const TRUNCATE = 8;
      const file = Buffer.from(bytes(name, length))
        .toString()
        .replace(/^\.?\//, '');
      if (!stored.has(file) && !(flags & CREATE)) return NOENT;
      if (!stored.has(file) || flags & TRUNCATE) stored.set(file, new MemoryFile(Buffer.alloc(0)));
      const fd = Math.max(ROOT_FD, ...open.keys()) + 1;
      open.set(fd, { name: file, at: 0 });
      view().setUint32(opened, fd, true);
      return 0;
    },
    fd_seek(fd: number, offset: bigint, whence: number, at: number) {
      const [content, file] = fileOf(fd) ?? [];
      if (!content || !file) return BADF;
      file.at = [0, file.at, content.size][whence] + Number(offset);
      view().setBigUint64(at, BigInt(file.at), true);
      return 0;
    },
    fd_read(fd: number, list: number, count: number, at: number) {
      const [content, file] = fileOf(fd) ?? [];
      let total = 0;
      for (const part of content && file ? parts(list, count) : []) {
        const end = Math.min(content!.size, file!.at + part.length);
        const read = content!.bytes.subarray(file!.at, end);
        part.set(read);
        file!.at += read.length;
        total += read.length;
      }
      view().setUint32(at, total, true);
      return 0;
    },
    fd_write(fd: number, list: number, count: number, at: number) {
      const [content, file] = fileOf(fd) ?? [];
      let total = 0;
      for (const part of parts(list, count)) {
        if (content && file) {
          content.write(part, file.at);
          file.at += part.length;
        } else if (fd === 1) {
          printed.write(part, printed.size);
        }
        total += part.length;
      }
      view().setUint32(at, total, true);
      return 0;
    },
    proc_exit() {
      throw new Exit();
    },
  };

  const instance = await WebAssembly.instantiate(program, { wasi_snapshot_preview1: calls });
  const exported = instance.exports as { memory: WebAssembly.Memory; _start(): void };
  const { memory } = exported;
  try {
    exported._start();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  const content = ({ bytes: all, size }: MemoryFile): Buffer => all.subarray(0, size);
  return {
    printed: content(printed).toString('latin1'),
    files: new Map([...stored].map(([name, file]) => [name, content(file)])),
  };
}
