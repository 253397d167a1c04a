/**
 * The import directions of docs/design.md section 2:
 * nodes, cli → runtime → stages.ts → the stages → phonetics, ml, av, net, files → contract.
 */
const STAGES = 'text|tts|stt|chat|loudness|face|lipsync|stitch|hls|live';
const SHARED = 'phonetics|ml|av|net|files';

/** @param {string} comment @param {string} from @param {string} to */
const rule = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that import each other cannot be understood one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-stage-imports-another-stage',
      comment: 'What two stages share belongs into phonetics, ml, av, net, files or contract.',
      severity: 'error',
      from: { path: `^src/(${STAGES})/` },
      to: { path: `^src/(${STAGES})/`, pathNot: '^src/$1/' },
    },
    rule(
      'contract-imports-nothing',
      'The contract is the public API and stands alone.',
      '^src/contract/',
      '^(src/(?!contract/)|nodes/)',
    ),
    rule(
      'shared-rooms-look-down',
      'phonetics, ml, av, net and files import one another and the contract.',
      `^src/(${SHARED})/`,
      `^(src/(?!(${SHARED}|contract)/)|nodes/)`,
    ),
    rule(
      'stages-look-down',
      'A stage imports shared rooms and the contract.',
      `^src/(${STAGES})/`,
      '^(src/(runtime|cli)/|src/stages|nodes/)',
    ),
    rule(
      'list-of-stages',
      'The list of stages does not know who runs them.',
      '^src/stages',
      '^(src/(runtime|cli)/|nodes/)',
    ),
    rule(
      'runtime-looks-down',
      'The runtime does not know who uses it.',
      '^src/runtime/',
      '^(src/cli/|nodes/)',
    ),
    rule('cli-without-nodes', 'The command line stands beside the nodes.', '^src/cli/', '^nodes/'),
    rule(
      'src-without-node-red',
      'Nothing under src/ needs Node-RED.',
      '^src/',
      'node_modules/(node-red|@node-red)/',
    ),
    {
      name: 'no-unresolved',
      comment: 'An import that cannot be resolved fails only when it is used.',
      severity: 'error',
      from: {},
      // The build writes the module settings-tables (scripts/dialogs.mjs).
      to: { couldNotResolve: true, pathNot: '^settings-tables$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
