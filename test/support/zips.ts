/** Writes zip archives as PyTorch does (stored), and ones that lie. */

export interface ZipFile {
  name: string;
  data: Uint8Array;
  /** Name in the local header, if another. */
  localName?: string;
  method?: number;
  flags?: number;
  /** What the directory says instead of the truth. */
  stored?: number;
  size?: number;
  offset?: number;
}

export interface ZipOptions {
  /** 64-bit sizes and places everywhere, as in files above 4 GB. */
  zip64?: boolean;
  /** Entries that the end record claims. */
  count?: number;
  comment?: string;
}

export function zip(
  files: ZipFile[],
  { zip64 = false, count, comment = '' }: ZipOptions = {},
): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const local = localHeader(file, at);
    directory.push(centralHeader(file, at, zip64));
    bodies.push(local, Buffer.from(file.data.buffer, file.data.byteOffset, file.data.byteLength));
    at += local.length + file.data.byteLength;
  }
  const central = Buffer.concat(directory);
  const entries = count ?? files.length;
  const tail = zip64 ? [...end64(entries, central.length, at)] : [];
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : entries, 8);
  end.writeUInt16LE(zip64 ? 0xffff : entries, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : central.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...bodies, central, ...tail, end, Buffer.from(comment)]);
}

/** Padded so that the content begins at a multiple of 64, as PyTorch's files are. */
function localHeader(file: ZipFile, at: number): Buffer {
  const name = Buffer.from(file.localName ?? file.name);
  const padding = (64 - ((at + 34 + name.length) % 64)) % 64;
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(file.method ?? 0, 8);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(4 + padding, 28);
  const extra = Buffer.alloc(4 + padding);
  extra.write('FB');
  extra.writeUInt16LE(padding, 2);
  return Buffer.concat([header, name, extra]);
}

function centralHeader(file: ZipFile, at: number, zip64: boolean): Buffer {
  const name = Buffer.from(file.name);
  const size = file.size ?? file.data.byteLength;
  const stored = file.stored ?? size;
  const offset = file.offset ?? at;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(file.flags ?? 0, 8);
  header.writeUInt16LE(file.method ?? 0, 10);
  header.writeUInt32LE(zip64 ? 0xffffffff : stored, 20);
  header.writeUInt32LE(zip64 ? 0xffffffff : size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(zip64 ? 28 : 0, 30);
  header.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
  const extra = Buffer.alloc(zip64 ? 28 : 0);
  if (zip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    [size, stored, offset].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  }
  return Buffer.concat([header, name, extra]);
}

function end64(entries: number, size: number, offset: number): [Buffer, Buffer] {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  [entries, entries, size, offset].forEach((value, i) => {
    record.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  });
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return [record, locator];
}
