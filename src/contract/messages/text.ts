/** A piece of text to be spoken. */
export interface TextPayload {
  kind: 'text';
  text: string;
  /** BCP 47, for example `en-GB` or `ar`. */
  language?: string;
  /** Who says it; free for flows to use. */
  speaker?: string;
  /** Voice name; wins over the node's setting. */
  voice?: string;
  /** Seconds of silence after it. */
  pause?: number;
}
