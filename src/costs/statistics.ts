/** What `stat -json` of Yosys says about a flat design, or one module of another. */
export interface Statistics {
  /** Number of cells by type. */
  readonly cells: Readonly<Record<string, number>>;
  /** Of memories that stay memories. */
  readonly memoryBits: number;
  /** In the unit of the Liberty file; absent without one. */
  readonly area?: number;
  /**
   * Of the gates that Yosys knows as CMOS; `complete` is false where there may be others, too, beside
   * notes for debuggers: these have no transistors, but leave the mark of an unknown cell.
   */
  readonly transistors?: { readonly count: number; readonly complete: boolean };
}

/** Where a module was before it was flattened: a note for debuggers, of Yosys since 0.38. */
const scopeCell = '$scopeinfo';

/**
 * Reads what `stat -json` and `stat` print; the area is only in the text in versions before 0.30.
 * Throws where it is not what Yosys writes.
 */
export function parseStatistics(data: string, text: string): Statistics {
  // Where there is one module that is not the whole design, versions print no total, and some leave a comma.
  const { design: total, modules = {} } = JSON.parse(data.replace(/,(\s*\}\s*)$/, '$1')) as {
    design?: Record<string, unknown>;
    modules?: Record<string, Record<string, unknown>>;
  };
  const design = total ?? Object.values(modules)[0];
  const cells = design?.['num_cells_by_type'];
  if (design === undefined || typeof cells !== 'object' || cells === null) {
    throw new Error(`Yosys printed statistics without cells by type:\n${data}`);
  }
  const hardware = Object.entries(cells as Record<string, unknown>).filter(
    ([cell]) => cell !== scopeCell,
  );
  const counts = hardware.map(([cell, count]) => {
    const number = Number(count);
    if (!Number.isInteger(number)) throw new Error(`Yosys counted '${count}' cells of ${cell}.`);
    return [cell, number] as const;
  });
  const area = /^ *Chip area for (?:top )?module '.*': ([\d.e+]+)$/m.exec(text)?.[1];
  const transistors = design['estimated_num_transistors'];
  return {
    cells: Object.fromEntries(counts),
    memoryBits: Number(design['num_memory_bits'] ?? 0),
    ...(area === undefined ? {} : { area: Number(area) }),
    ...(transistors === undefined
      ? {}
      : { transistors: transistorsOf(String(transistors), scopeCell in cells) }),
  };
}

/** `7226`, or `7226+` where not every cell is counted; `notes` are among the cells. */
function transistorsOf(
  text: string,
  notes: boolean,
): { readonly count: number; readonly complete: boolean } {
  const match = /^(\d+)(\+?)$/.exec(text);
  if (!match) throw new Error(`Yosys estimated '${text}' transistors.`);
  return { count: Number(match[1]), complete: match[2] === '' || notes };
}
