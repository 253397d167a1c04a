export interface Rendition {
  name: string;
  width: number;
  height: number;
  /** Peak bits a second, as in the master playlist. */
  bandwidth: number;
  playlist: string;
}

/** A published HLS stream. */
export interface StreamPayload {
  kind: 'stream';
  /** File of the master playlist. */
  playlist: string;
  /** Path of the master playlist under Node-RED's HTTP root. */
  url: string;
  /** Path of the player page. */
  watchUrl: string;
  duration: number;
  renditions: Rendition[];
  segments: number;
}
