/** The HTML of the nodes as Node-RED loads it: a dialog's rows, from the tables of settings. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio';

/** How `nodes/<name>/editor.ts` is bundled; the build has written the tables of settings there. */
export const bundleOptions = {
  alias: { 'settings-tables': path.join(ROOT, 'dist/settings-tables.json') },
  loader: { '.css': 'text' },
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * A node's HTML. Node-RED fills in the fields before any script of a dialog runs, so they stand here;
 * what needs no value is made by `nodes/<name>/editor.ts`.
 * @param {string} name of the node
 * @param {Record<string, object>} table its settings (nodes/shared/node-settings.ts)
 */
export function dialog(name, table) {
  const catalogue = textsOf(name, 'en-US');
  const prefix = name === 'studio' ? 'node-config-input' : 'node-input';
  let section;
  let rows = rowOf(`${prefix}-name`, {
    icon: 'fa-tag',
    labelKey: 'node-red:common.label.name',
    field: '<input type="text" id="ID" data-i18n="[placeholder]node-red:common.label.name" />',
  });
  for (const [key, setting] of Object.entries(table)) {
    if (setting.section !== section) {
      if (section) rows += '</div>\n';
      section = setting.section;
      if (section)
        rows += `<div id="lipwire-${name}-${section}">\n${heading(name, catalogue, section)}`;
    }
    const isOwn = key in catalogue.label;
    rows += settingRow(`${prefix}-${key}`, key, setting, {
      texts: isOwn ? `lipwire-${name}` : SHARED,
      catalogue: isOwn ? catalogue : textsOf('studio', 'en-US'),
    });
  }
  if (section) rows += '</div>\n';
  if (name !== 'studio') {
    rows += rowOf(`${prefix}-studio`, {
      icon: 'fa-cog',
      labelKey: `${SHARED}.label.studio`,
      // The editor's list of config nodes takes the width from here, not from a stylesheet.
      field: '<input type="text" id="ID" style="width: calc(100% - 160px)" />',
    });
  }
  return (
    `<script type="module" src="resources/@lipwire/node-red-lipwire/nodes/${name}.js"></script>\n` +
    `<script type="text/html" data-template-name="lipwire-${name}">\n` +
    `<div class="lipwire-form">\n${rows}</div>\n</script>\n`
  );
}

/** A node's texts in one language. */
function textsOf(name, language) {
  const file = path.join(ROOT, 'nodes', name, 'locales', language, `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8'))[`lipwire-${name}`];
}

function heading(name, { heading: texts = {} }, section) {
  return section in texts ? `<h4 data-i18n="lipwire-${name}.heading.${section}"></h4>\n` : '';
}

function settingRow(id, key, setting, { texts, catalogue }) {
  const labelKey = `${texts}.label.${key}`;
  const unit =
    key in (catalogue.unit ?? {}) ? `<span data-i18n="${texts}.unit.${key}"></span>\n` : '';
  const placeholder =
    key in (catalogue.placeholder ?? {})
      ? `data-i18n="[placeholder]${texts}.placeholder.${key}"`
      : `placeholder="${setting.default}"`;
  switch (setting.type) {
    case 'flag':
      return (
        '<div class="form-row">\n<input type="checkbox" id="' +
        id +
        '" />\n' +
        `<label for="${id}" data-i18n="${labelKey}"></label>\n</div>\n`
      );
    case 'number':
      return rowOf(id, {
        ...setting,
        labelKey,
        field: `<input type="text" inputmode="decimal" class="lipwire-number" id="ID" ${placeholder} />\n${unit}`,
      });
    case 'choice':
    case 'model': {
      const options = setting.of.map(
        (choice) => `<option value="${choice}" data-i18n="${texts}.${key}.${choice}"></option>\n`,
      );
      return rowOf(id, {
        ...setting,
        labelKey,
        field: `<select id="ID">\n${options.join('')}</select>\n`,
      });
    }
    default:
      return rowOf(id, {
        ...setting,
        labelKey,
        field: `<input type="${setting.secret ? 'password' : 'text'}" id="ID" ${placeholder} />\n`,
      });
  }
}

function rowOf(id, { icon, labelKey, field }) {
  return (
    `<div class="form-row">\n<label for="${id}"><i class="fa ${icon}"></i> ` +
    `<span data-i18n="${labelKey}"></span></label>\n${field.replace('ID', id).trim()}\n</div>\n`
  );
}
