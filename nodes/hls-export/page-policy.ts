/** What a page of ours may do: load from its own place, nothing from elsewhere, no inline code. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  // hls.js makes its caption tracks from an empty data: URL.
  "media-src 'self' blob: data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** What a slide may do when it is opened as a document: nothing. An SVG could hold a script. */
export const SLIDE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
