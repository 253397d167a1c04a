/**
 * The formats that a file may have. FFmpeg goes by the content, not the name, and skips an ID3 tag
 * before it looks: a file that begins like an MP3 can be a playlist that names other files, or a
 * script. These formats hold their sound and pictures themselves and open nothing else.
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
export const ONLY_MEDIA: readonly string[] = [
  '-format_whitelist',
  FORMATS.join(' ').replaceAll(' ', ','),
];
