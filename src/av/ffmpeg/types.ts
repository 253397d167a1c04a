/** The interface to FFmpeg; fluent-ffmpeg is used behind it only. */
import type { Readable, Writable } from 'node:stream';

export interface FfmpegInput {
  /** A file's path, or a stream that is piped in (at most one per job). */
  source: string | Readable;
  /** Options before `-i`, for example `['-f', 'rawvideo', …]`. */
  options?: string[];
}

export interface FfmpegOutput {
  /** A file's path, or a stream that takes what comes out (at most one per job). */
  target: string | Writable;
  options: string[];
}

/** Protocols that a job may open. Nothing on the network is ever among them. */
export type FfmpegProtocol = 'file' | 'pipe' | 'crypto';

export interface FfmpegJob {
  inputs: FfmpegInput[];
  outputs: FfmpegOutput[];
  /** A complex filter graph; file names in it escaped by {@link escapeFilterValue}. */
  filterGraph?: string;
  /** `file` and `pipe` when left out. */
  protocols?: FfmpegProtocol[];
  signal?: AbortSignal;
  /** Called as the output grows. */
  onProgress?(update: { frames: number; seconds: number }): void;
}

export interface ProbedStream {
  type: 'video' | 'audio' | 'subtitle' | 'data';
  codec: string;
  /** Of several of its type the one that players take. */
  isDefault?: boolean;
  duration?: number;
  width?: number;
  height?: number;
  /** Average frame rate as a decimal. */
  fps?: number;
  /** The lowest rate that all times of frames fit, as FFprobe guesses it: equal to `fps` where constant. */
  baseRate?: number;
  /** Frames, where the container has their number. */
  frames?: number;
  sampleRate?: number;
  channels?: number;
  pixelFormat?: string;
  /** Degrees, from the display matrix. */
  rotation?: number;
  /** Width by height of a pixel that is not square. */
  pixelAspect?: number;
  /** Matrix between RGB and the stored colours, as FFprobe names it, where the file says. */
  colourMatrix?: string;
  /** Transfer function and primaries likewise, for example `smpte2084` and `bt2020`. */
  transfer?: string;
  primaries?: string;
}

export interface Probe {
  format: string;
  duration: number;
  size: number;
  streams: ProbedStream[];
}

/** FFmpeg and FFprobe, found and checked. */
export interface Ffmpeg {
  readonly version: string;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  /** Whether it has the filters that make standard range of high dynamic range. */
  readonly mapsTones: boolean;
  /**
   * Runs one command and resolves with what it printed on stderr (its end, at least 64 KiB; each
   * line says its level, for example `[Parsed_ebur128_0 @ 0x…] [info] Summary:`).
   * Rejects with E_FFMPEG (the end of stderr in `details.stderr`), E_DISK, E_CANCELLED, or the error
   * of the job's own stream when that fails. What was started is dead by then. A piped output is
   * ended only when FFmpeg succeeded, and destroyed otherwise.
   */
  run(job: FfmpegJob): Promise<string>;
  /** @throws E_INPUT when the file is no media, E_PATH when it cannot be read */
  probe(file: string, signal?: AbortSignal): Promise<Probe>;
  /**
   * The different sizes of the key frames of a file's first picture stream, as they are stored; none
   * where they cannot be read. Reads the whole file.
   */
  frameSizes(file: string, signal?: AbortSignal): Promise<{ width: number; height: number }[]>;
}

/**
 * Allowed formats: those that never open other files. FFmpeg detects formats by content, after an ID3
 * tag: a file that begins like an MP3 can be a playlist or a script.
 */
const FORMATS = [
  // Containers.
  'mov matroska avi flv asf wtv mpegts mpeg mpegvideo ogg nut mxf gxf dv ivf obu swf rm nsv',
  // Bare video and moving pictures.
  'h261 h263 h264 hevc vvc m4v av1 dirac vc1 cavsvideo mjpeg yuv4mpegpipe gif apng',
  // Sound.
  'wav w64 mp3 aac loas flac aiff caf au voc amr amrnb amrwb ac3 eac3 dts dtshd truehd mlp ape wv',
  'tta tak mpc mpc8 gsm g722 g729 ilbc shn sbc aptx aptx_hd adx aea oma dsf iff sox ircam avr',
  // Single pictures by their content (image2 takes a name for a pattern of names).
  'jpeg_pipe png_pipe webp_pipe bmp_pipe tiff_pipe gif_pipe ppm_pipe pgm_pipe j2k_pipe jpegxl_pipe',
];

/** Options of FFmpeg and FFprobe that keep them to these formats; before `-i`. */
export const ONLY_MEDIA = ['-format_whitelist', FORMATS.join(' ').replaceAll(' ', ',')];
