import { mux, reg, uint, when } from '../../../hdl/index.ts';
import type { Bit, UInt } from '../../../hdl/index.ts';
import { tokenCountBits } from '../params.ts';

/** Rows and columns: of the array, or of a whole product. */
export interface RowsAndColumns<N> {
  readonly rows: N;
  readonly columns: N;
}

/**
 * Where in a product the tile of this cycle begins: groups of rows from first to last, and for each all groups of
 * columns. The next tile comes when `ends` is 1; after the last one the next product begins.
 */
export function tileWalk(array: RowsAndColumns<number>, product: RowsAndColumns<UInt>, ends: Bit) {
  const rowBase = reg(uint(tokenCountBits), { init: 0 });
  const columnBase = reg(uint(tokenCountBits), { init: 0 });
  const rowsAfter = rowBase.addWrap(array.rows);
  const columnsAfter = columnBase.addWrap(array.columns);
  const lastColumns = columnsAfter.ge(product.columns);
  const lastTile = lastColumns.and(rowsAfter.ge(product.rows));
  const rowBaseAfter = mux(lastTile, 0, mux(lastColumns, rowsAfter, rowBase));
  when(ends, () => {
    rowBase.set(rowBaseAfter);
    columnBase.set(mux(lastColumns, 0, columnsAfter));
  });
  return { rowBase, columnBase, lastColumns, lastTile, rowBaseAfter };
}
