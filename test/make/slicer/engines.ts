import type { Engine } from '../../../slicer/engines/engine.ts'

/** An engine that ends immediately, for tests that do not depend on the engine. */
export function quickEngine(): Engine {
  return {
    name: 'quick',
    version: '1',
    license: 'MIT',
    source_url: 'https://example.com/engine',
    ignores: [],
    slice: async (_model, _profile, { onGcode }) => {
      await onGcode(Buffer.from(';LMNT_LAYER n=0 z=1 height=1\nG1 X1 Y1 Z1\nG1 X2 E1\n'))
      return { layers: 1, estimated_time_s: 1, filament_mm: 1, warnings: [] }
    },
  }
}

/** An engine that never ends by itself. */
export function waitingEngine(): Engine {
  return {
    name: 'waiting',
    version: '1',
    license: 'MIT',
    source_url: 'https://example.com/engine',
    ignores: [],
    slice: (_model, _profile, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
}
