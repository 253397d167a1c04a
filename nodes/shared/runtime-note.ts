/** What a status adds where no machine code computed, which is several times slower. */
export function runtimeNote(engine: { device: string } | undefined): { note?: string } {
  return engine?.device === 'wasm' ? { note: 'WebAssembly' } : {};
}
