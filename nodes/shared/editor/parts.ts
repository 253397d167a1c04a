/** Texts, errors, units and small elements that dialogs and sidebar are built with. */

import type { Note } from '../../../src/contract/notes';

const PACKAGE = '@lipwire/node-red-lipwire';

/** The texts of a node's catalogue, for example `textsOf('tts', 'listen.')('stop')`. */
export function textsOf(name: string, prefix = ''): Translate {
  const type = `lipwire-${name}`;
  return (key, values) => RED._(`${PACKAGE}/${type}:${type}.${prefix}${key}`, values);
}

/** The texts that all nodes share. */
export const text = textsOf('studio');
export const sidebarText = textsOf('studio', 'sidebar.');

/** An answer of our routes that is an error. */
export interface Failure {
  error?: { code?: string; message?: string };
}

/** A request that failed, as jQuery rejects with it. */
export interface FailedRequest {
  status: number;
  responseJSON?: Failure;
}

/** Asks Node-RED, as the person who uses the editor. Rejects with a {@link FailedRequest}. */
export async function ask<T>(url: string, settings: JQuery.AjaxSettings = {}): Promise<T> {
  return (await $.ajax({ url, ...settings })) as T;
}

/** Sends JSON. Rejects with a {@link FailedRequest}. */
export const post = <T>(url: string, body: unknown): Promise<T> =>
  ask<T>(url, { method: 'POST', contentType: 'application/json', data: JSON.stringify(body) });

/** The route of a studio, for example `studioRoute('shared', 'voices')`. */
export const studioRoute = (studio: string, action: string): string =>
  `lipwire-studio/${encodeURIComponent(studio)}/${action}`;

/**
 * An error's own sentence, which is English and has the facts; in other languages, first what its code
 * means. Undefined where there is no sentence.
 */
export function explain({ error }: Failure = {}): string | undefined {
  if (!error?.message) return undefined;
  if (!error.code || /^en\b/i.test(RED.i18n.lang())) return error.message;
  const meaning = text(`explain.${error.code}`);
  // A code of a later version has no text: then the key comes back.
  return meaning.endsWith(error.code) ? error.message : `${meaning} – ${error.message}`;
}

/** A note in the editor's language. */
export function noteText({ code, text: english, values }: Note): string {
  if (/^en\b/i.test(RED.i18n.lang())) return english;
  const said = text(`note.${code}`, values);
  // Codes of a later version, and those that carry a sentence, have no text: then the key comes back.
  return said.endsWith(code) ? english : said;
}

/** What a request to Node-RED failed of, as one sentence. */
export function problem({ status, responseJSON }: FailedRequest): string {
  if (status === 401 || status === 403) return sidebarText('forbidden');
  return explain(responseJSON) ?? sidebarText('failed');
}

/** The studio that the open dialog names, as routes call it. */
export function studioId(): string {
  const chosen = $('#node-input-studio').val();
  return typeof chosen === 'string' && chosen && chosen !== '_ADD_' ? chosen : 'shared';
}

/** Seconds with one decimal. */
export const seconds = (value: number): string =>
  sidebarText('unit.seconds', { number: value.toFixed(1) });

/** Seconds, or minutes and seconds. */
export function time(value: number): string {
  if (value < 10) return seconds(value);
  const whole = Math.round(value);
  if (whole < 60) return sidebarText('unit.seconds', { number: whole });
  return sidebarText('unit.minutes', { minutes: Math.floor(whole / 60), seconds: whole % 60 });
}

/** Bytes, in the unit of 1024 that suits. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const number = bytes / 1024 ** power;
  const rounded = power && number < 10 ? number.toFixed(1) : Math.round(number);
  return sidebarText(`unit.bytes.${power}`, { number: rounded });
}

/** Changes an element's text only where it differs, so that nothing is read out twice. */
export function say(element: JQuery, value: string): void {
  if (element.text() !== value) element.text(value);
}

/** A small button with an icon and words. */
export function button(icon: string, words: string, action: (event: JQuery.Event) => void): JQuery {
  return $('<button type="button" class="red-ui-button red-ui-button-small">')
    .append($('<i aria-hidden="true">').addClass(`fa ${icon}`), ' ', $('<span>').text(words))
    .on('click', action);
}
