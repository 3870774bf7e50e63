import type { CellResult, Change, ConnectionSamples } from '../../bench/compare/cell-results.js';
import type { Cell } from '../../bench/compare/cells.js';

export interface CellFigures {
  /** Milliseconds. */
  readonly programmed: number;
  readonly changed?: number;
  /** Microseconds of every connection. */
  readonly connected?: number;
}

/** A result with these figures, and none that would stand in their way. */
export function cellResult(cell: Cell, figures: CellFigures): CellResult {
  const { programmed, changed = 1, connected = 100 } = figures;
  const change: Change = { elapsed: changed * 2, processor: changed };
  const samples: ConnectionSamples = {
    nanoseconds: [connected * 1000],
    failed: 0,
    endpoints: { '10.128.0.1': 1 },
  };
  return {
    cell,
    kernel: '6.1.0-test',
    program: { elapsed: programmed, processor: programmed, firstService: programmed, peakMemory: 10 },
    kernelMemory: { slab: 1, vmalloc: 2, percpu: 3 },
    restart: { elapsed: programmed, processor: programmed },
    changes: { 'endpoint-added': [change], 'service-added': [change], 'service-deleted': [change] },
    connections: {
      direct: samples,
      first: samples,
      middle: samples,
      last: samples,
      spread: samples,
      node: samples,
    },
  };
}
