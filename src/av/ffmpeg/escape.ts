/** Characters with a meaning inside a filter's argument list, and white space that parsers trim. */
const IN_ARGUMENTS = /[\\':= \t\r\n]/g;
/** Characters with a meaning inside a filter graph, and white space that parsers trim. */
const IN_GRAPH = /[\\'[\],; \t\r\n]/g;

/**
 * Makes a string safe as the value of a filter's option inside a filter graph, for example
 * `amovie=filename=${escapeFilterValue(`file:${path}`)}`. FFmpeg unescapes such a value twice: once
 * for the graph and once for the argument list (ffmpeg-filters manual, "Notes on filtergraph
 * escaping"). Filters with a syntax of their own inside the value (drawtext) need more.
 */
export function escapeFilterValue(value: string): string {
  return value.replace(IN_ARGUMENTS, '\\$&').replace(IN_GRAPH, '\\$&');
}
