/**
 * The ESLint rule that holds the import direction of docs/design.md section 2:
 * nodes, cli → studio → engine → stages → crafts → models, onnx, ffmpeg, web → media.
 * A layer may import any layer below it; a craft may not import another craft;
 * src/ may not import Node-RED.
 */
import path from 'node:path';

const CRAFTS = ['text', 'speech', 'loudness', 'face', 'lipsync', 'video'];
const LEVELS = {
  nodes: 7,
  cli: 7,
  studio: 6,
  engine: 5,
  stages: 4,
  models: 2,
  onnx: 1,
  ffmpeg: 1,
  web: 1,
  media: 0,
};
for (const craft of CRAFTS) LEVELS[craft] = 3;

/** The layer of a file: the folder under src/, or 'nodes'. The package's index sees everything. */
function layerOf(file, root) {
  const parts = path.relative(root, file).split(path.sep);
  if (parts[0] === 'nodes') return 'nodes';
  if (parts[0] === 'src' && Object.hasOwn(LEVELS, parts[1])) return parts[1];
  return undefined;
}

function complaint(from, to) {
  if (from === to || from === undefined || to === undefined) return undefined;
  if (CRAFTS.includes(from) && CRAFTS.includes(to)) {
    return `A craft does not import another craft (${from} imports ${to}); join them in src/stages.`;
  }
  if (LEVELS[from] > LEVELS[to]) return undefined;
  return `Imports point one way (docs/design.md section 2): ${from} may not import ${to}.`;
}

export const layering = {
  meta: { type: 'problem', schema: [], messages: { direction: '{{text}}' } },
  create(context) {
    const root = context.cwd;
    const from = layerOf(context.filename, root);
    function check(node, source) {
      if (typeof source !== 'string') return;
      if (from !== 'nodes' && /^(node-red|@node-red\/)/.test(source)) {
        const text = 'src/ never imports Node-RED (docs/design.md section 2).';
        context.report({ node, messageId: 'direction', data: { text } });
      }
      if (!source.startsWith('.')) return;
      const to = layerOf(path.resolve(path.dirname(context.filename), source), root);
      const text = complaint(from, to);
      if (text) context.report({ node, messageId: 'direction', data: { text } });
    }
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      CallExpression: (node) => {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require') {
          check(node, node.arguments[0]?.value);
        }
      },
    };
  },
};
