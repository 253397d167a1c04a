/** Node-RED's editor in chromium, as tests drive it. */
import type { Browser, Locator, Page } from 'playwright-core';
import { complaintsOf } from './browser';
import type { NodeRed } from './node-red';

/** What tests use of the editor's own API. */
interface EditorApi {
  editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
  nodes: { node(id: string): Record<string, unknown> | null };
}
declare const RED: EditorApi;

/** What the editor knows of a node. */
export interface EditedNode extends Record<string, unknown> {
  valid: boolean;
  changed: boolean;
  reasons: string[];
}

export class EditorPage {
  private constructor(
    readonly page: Page,
    private readonly complaints: string[],
  ) {}

  /** Opens the editor and waits until the flows are there. */
  static async open(browser: Browser, nodeRed: NodeRed, locale = 'en-US'): Promise<EditorPage> {
    // Emulated, the system's colour scheme would hold in frames as well, whatever the editor says.
    const page = await browser.newPage({
      viewport: { width: 1400, height: 1000 },
      locale,
      colorScheme: null,
    });
    const complaints = complaintsOf(page);
    await page.goto(nodeRed.url);
    const last = '.red-ui-palette-node[data-palette-type="lipwire-hls-export"]';
    await page.waitForSelector(last, { state: 'attached' });
    await page.waitForSelector('.red-ui-flow-node', { state: 'attached' });
    return new EditorPage(page, complaints);
  }

  /** What the page complained about; without the catalogue, which no machine reaches offline. */
  get ours(): string[] {
    return this.complaints.filter((text) => !/catalog|ERR_|Failed to load/.test(text));
  }

  /** Opens the dialog of a node, and waits until it stands still. */
  async edit(id: string): Promise<Locator> {
    const isConfig = await this.page.evaluate((each) => {
      const node = RED.nodes.node(each) as { type: string; _def: { category: string } };
      if (node._def.category !== 'config') RED.editor.edit(node);
      else RED.editor.editConfig('', node.type, each);
      return node._def.category === 'config';
    }, id);
    const form = this.page.locator(isConfig ? '#node-config-dialog-edit-form' : '#dialog-form');
    await form.waitFor();
    await this.page.waitForFunction(
      () => document.querySelector('.red-ui-tray')!.getAnimations({ subtree: true }).length === 0,
    );
    // The tray slides in by a script, too.
    await this.page.waitForTimeout(300);
    return form;
  }

  /** Ends the open dialog. */
  async end(how: 'ok' | 'cancel'): Promise<void> {
    const buttons = this.page.locator(`#node-config-dialog-${how}, #node-dialog-${how}`);
    const button = buttons.last();
    await button.click();
    await button.waitFor({ state: 'detached' });
  }

  /** Ends what a failed test left open. */
  async tidy(): Promise<void> {
    const open = this.page.locator('#node-config-dialog-cancel, #node-dialog-cancel');
    while ((await open.count()) > 0) await this.end('cancel');
  }

  /** The node as the editor has it now. */
  node(id: string): Promise<EditedNode> {
    return this.page.evaluate((each) => {
      const node = RED.nodes.node(each) as Record<string, unknown> & {
        _def: { defaults: object };
        validationErrors?: string[];
      };
      const settings = Object.keys(node._def.defaults).map((key) => [key, node[key]]);
      return {
        ...Object.fromEntries(settings),
        valid: node['valid'] !== false,
        changed: node['changed'] === true,
        reasons: node.validationErrors ?? [],
      } as EditedNode;
    }, id);
  }
}
