import { resultLatency } from './golden-tile.ts';
import { binCount } from './params.ts';
import type { AcceleratorParameters } from './params.ts';

/** Beats that a register slice holds. */
const sliceDepth = 2;
/** Banks of a tile's memory. */
const banks = 2;

/** What decides how long a run takes. */
export interface RunShape {
  /** Rows in use of all tiles together. */
  readonly rows: number;
  /** Tokens of each image. */
  readonly tokens: number;
  /** For each column of each token of each image, whether it ends a dot product. */
  readonly last: ArrayLike<number>;
  readonly images: readonly {
    /** Beats that load it. */
    readonly beats: number;
    readonly columns: number;
    /** For each tile in use, the first record of each column, then their number. */
    readonly recordStarts: readonly Int32Array[];
  }[];
}

/** A tile, as far as time is concerned. */
interface TileState {
  readonly rows: number;
  /** Entries of the outlier queue. */
  queued: number;
  /** Dot products whose bins are not all issued. */
  full: number;
  /** Bins issued of the first of these. */
  issued: number;
  /** Rows whose last bin is in the unit: bit 0 for its operands, the highest bit for its output. */
  stages: number;
  /** Results in its register slice. */
  sliced: number;
  /** Whether it has taken the column on offer, and how many records of it. */
  taken: boolean;
  records: number;
}

/**
 * First accepted beat to last accepted result, inclusive, cycle by cycle as docs/gobo-accelerator.md
 * says it, without outside stalls.
 */
export function acceleratorCycles(p: AcceleratorParameters, run: RunShape): number {
  const { rows, tokens, last, images } = run;
  const tiles = Array.from({ length: Math.min(rows, p.tiles) }, (_, tile): TileState => ({
    rows: Math.ceil((rows - tile) / p.tiles),
    ...{ queued: 0, full: 0, issued: 0, stages: 0, sliced: 0, taken: false, records: 0 },
  }));
  const output = 2 ** (resultLatency(p) - 1);
  let dots = 0;
  for (let i = 0; i < last.length; i++) dots += last[i]!;
  let due = dots * rows;

  // Weights: images loaded completely and not given up, the one being loaded, the one in use.
  let full = 0;
  let loading = 0;
  let loadedBeats = 0;
  let used = 0;
  let primed = false;
  // Activations: those taken from the outside, those that all tiles have taken.
  let entered = 0;
  let at = 0;
  let column = 0;
  let token = 0;
  let row = 0;
  let cycle = 0;
  for (; due > 0; cycle++) {
    let loaded = 0;
    if (loading < images.length && full < banks && ++loadedBeats === images[loading]!.beats) {
      loaded = 1;
      loading++;
      loadedBeats = 0;
    }
    const enters = entered < last.length && entered - at < sliceDepth ? 1 : 0;
    const open = entered > at && primed;

    // Results: row by row, from the slice of the tile that has it.
    const source = tiles[row % p.tiles]!;
    const delivers = source.sliced > 0;

    let allTaken = open;
    for (let t = 0; t < tiles.length; t++) {
      const tile = tiles[t]!;
      const waits = tile.stages >= output;
      const advances = !waits || tile.sliced < sliceDepth;
      const queued = tile.queued;
      const fullDots = tile.full;
      if (open && !tile.taken) {
        if (fullDots < p.buffers) {
          const starts = images[used]!.recordStarts[t]!;
          const records = starts[column + 1]! - starts[column]!;
          if (tile.records < records && queued < p.queueDepth) {
            tile.records++;
            tile.queued++;
          }
          if (tile.records === records) {
            tile.taken = true;
            tile.full += last[at]!;
          }
        }
        allTaken &&= tile.taken;
      }
      if (!advances) continue;
      if (waits) tile.sliced++;
      tile.stages = 2 * (tile.stages % output);
      if (queued > 0) {
        tile.queued--;
      } else if (fullDots > 0) {
        tile.issued++;
        if (tile.issued % binCount(p) === 0) tile.stages++;
        if (tile.issued === tile.rows * binCount(p)) {
          tile.issued = 0;
          tile.full--;
        }
      }
    }
    if (delivers) {
      source.sliced--;
      due--;
      row = row + 1 === rows ? 0 : row + 1;
    }

    let released = 0;
    if (allTaken) {
      at++;
      for (const tile of tiles) {
        tile.taken = false;
        tile.records = 0;
      }
      if (++column === images[used]!.columns) {
        column = 0;
        if (++token === tokens) {
          token = 0;
          used++;
          released = 1;
        }
      }
    }
    entered += enters;
    // The first word is read in the cycle before it is used: then its bank must be full already.
    primed = full - released > 0;
    full += loaded - released;
  }
  return cycle;
}
