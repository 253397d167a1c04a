/** axe-core in a page of chromium: what it finds in our own markup. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

interface Axe {
  run(context: object, options: object): Promise<AxeResults>;
}

export interface Scope {
  /** Selectors of what is looked at. */
  include: string[];
  /** Selectors of what belongs to somebody else. */
  exclude?: string[];
  /** Only these rules; without them all that axe-core has for WCAG 2.2 A and AA, and best practices. */
  rules?: string[];
}

/** Each serious or critical finding in a line: the rule, the elements and what is wrong with them. */
export async function findings(page: Page, { include, exclude = [], rules }: Scope) {
  // Not by a script element: the policies of our own pages allow none but their own.
  await page.evaluate(`window.axe || (() => { ${AXE} })()`);
  const { violations, passes } = await page.evaluate(
    ([context, options]) => (window as unknown as { axe: Axe }).axe.run(context, options),
    [
      { include, exclude },
      { resultTypes: ['violations'], ...(rules && { runOnly: rules }) },
    ] as const,
  );
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return {
    findings: serious.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => {
        return `${id} (${help}): ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ')}`;
      }),
    ),
    /** How many rules had something to look at: none would mean that nothing was there. */
    checked: violations.length + passes.length,
  };
}
