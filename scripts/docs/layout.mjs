/** What all pages have around their content. */
import { escape, relative } from './render.mjs';

/** A whole page. Without scripts: nothing is loaded but the style sheet and the page's pictures. */
export function layout(page, pages, content) {
  const title = page.out === 'index.html' ? page.title : `${page.title} – Lipwire`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta
      http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'"
    />
    <title>${escape(title)}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${relative(page, 'site.css')}" />
  </head>
  <body>
    <a class="skip" href="#content">To the content</a>
    <details class="menu">
      <summary>Contents</summary>
      ${navigation(page, pages, 'Contents')}
    </details>
    <div class="columns">
      <aside>${navigation(page, pages, 'Pages')}</aside>
      <main id="content">
${content}
      </main>
    </div>
  </body>
</html>
`;
}

function navigation(page, pages, label) {
  const sections = [...new Set(pages.map(({ section }) => section))];
  const parts = sections.map((section) => {
    const inside = pages.filter((other) => other.section === section);
    return `<h2>${escape(section)}</h2><ul>${inside.map((other) => item(page, other)).join('')}</ul>`;
  });
  return `<nav aria-label="${label}">${parts.join('')}</nav>`;
}

function item(page, other) {
  const current = other === page ? ' aria-current="page"' : '';
  return `<li><a href="${relative(page, other.out)}"${current}>${escape(other.title)}</a></li>`;
}
