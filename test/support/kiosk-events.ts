/** Listens to what a kiosk page is told (server-sent events). */
import { until } from './node-red';

export interface KioskEvent {
  type: string;
  item: { title: string; video: string; priority: number; idle: boolean } | null;
}

export class KioskEvents {
  readonly all: KioskEvent[] = [];
  readonly #abort = new AbortController();

  /** @param url of the events, for example `http://127.0.0.1:1880/lipwire/kiosk-events` */
  static async open(url: string): Promise<KioskEvents> {
    const events = new KioskEvents();
    const response = await fetch(url, { signal: events.#abort.signal });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    void events.#read(response.body!).catch(() => undefined);
    await until(() => events.all.some(({ type }) => type === 'ready'));
    return events;
  }

  /** Titles of what was announced so far. */
  get announced(): string[] {
    return this.all.filter(({ type }) => type === 'announce').map(({ item }) => item!.title);
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const type = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (type && data) this.all.push({ type, item: JSON.parse(data) as KioskEvent['item'] });
      }
    }
  }
}
