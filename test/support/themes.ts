/** Themes of Node-RED's editor, put on and taken off while it runs. */
import type { Page } from 'playwright-core';

export const THEMES = ['light', 'dark', 'high contrast'] as const;
export type Theme = (typeof THEMES)[number];

/**
 * Dresses the editor. Node-RED 5 has a dark theme of its own; for 4.1 one is made as the themes that
 * people install are: other values for the style sheet's variables, here with the lightness reversed.
 * High contrast is the system's: forced colours.
 */
export async function dress(page: Page, theme: Theme): Promise<void> {
  await page.emulateMedia({ forcedColors: theme === 'high contrast' ? 'active' : 'none' });
  await page.evaluate((isDark) => {
    const root = document.documentElement;
    const sheets = [...document.styleSheets].filter(({ href }) => href?.includes('/style.min.css'));
    const rules = sheets.flatMap((sheet) => [...sheet.cssRules]) as CSSStyleRule[];
    if (rules.some(({ selectorText }) => selectorText === 'html.nr-theme-dark')) {
      root.classList.toggle('nr-theme-dark', isDark);
      return;
    }
    const context = document.createElement('canvas').getContext('2d', {
      willReadFrequently: true,
    })!;
    for (const { style } of rules.filter(({ selectorText }) => selectorText === ':root')) {
      for (const name of [...style].filter((each) => each.startsWith('--red-ui-'))) {
        const value = style.getPropertyValue(name).trim();
        root.style.removeProperty(name);
        if (!isDark || !CSS.supports('color', value)) continue;
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = value;
        context.fillRect(0, 0, 1, 1);
        const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data;
        const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
        // From white to nearly black and the other way round; the hue stays.
        const shift = 255 - most - least;
        const turned = [r, g, b].map((channel) => 30 + (channel + shift) * 0.85);
        root.style.setProperty(name, `rgba(${turned.join()},${a / 255})`);
      }
    }
  }, theme === 'dark');
}
