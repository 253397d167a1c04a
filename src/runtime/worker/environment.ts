/** What of the parent's surroundings the engine process gets. */

/** Whole names. Secrets of flows (such as Node-RED's credential secret) are not the engine's business. */
const NAMES = new Set(
  [
    'PATH PATHEXT HOME USER LOGNAME LANG TZ TMPDIR TMP TEMP SHELL',
    'LD_LIBRARY_PATH DYLD_LIBRARY_PATH FFMPEG_PATH FFPROBE_PATH NODE_OPTIONS NODE_PATH NODE_ENV',
    'SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES USERPROFILE',
    'UV_THREADPOOL_SIZE MALLOC_ARENA_MAX',
  ]
    .join(' ')
    .split(' '),
);

/** Beginnings: ours, locale, per-user folders, and the settings of native libraries. */
const PREFIXES = /^(LIPWIRE_|LC_|XDG_|CUDA_|NVIDIA_|ORT_|OMP_|VIPS_|TSX_)/;

/** The part of the environment that the engine needs. */
export function engineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => NAMES.has(name.toUpperCase()) || PREFIXES.test(name),
  );
  // ONNX Runtime's telemetry is off from the beginning (see src/onnx/runtime/native.ts).
  // glibc keeps what each thread freed in an arena of its own; pictures that libvips decodes on its
  // threads would pile up there (sharp's documentation names the remedy).
  const result: NodeJS.ProcessEnv = {
    ORT_DISABLE_TELEMETRY: '1',
    MALLOC_ARENA_MAX: '2',
    ...Object.fromEntries(kept),
  };
  // A debugger's port is taken by the parent.
  if (result['NODE_OPTIONS']?.includes('--inspect')) delete result['NODE_OPTIONS'];
  return result;
}

/** Options of node itself that the engine inherits: loaders yes; a script to evaluate or a debugger no. */
export function engineExecArgv(execArgv: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i];
    if (/^(-e|--eval|-p|--print|-pe)$/.test(option)) i++;
    else if (
      !/^(--inspect|--debug|--eval=|--print=|--watch|--test|-i$|--interactive$)/.test(option)
    ) {
      result.push(option);
    }
  }
  return result;
}
