/**
 * The accelerator a second time, as its memories hold it: two planes of digits by lane, slot and block, which one address
 * of a group and a block reads; nothing is shared with the sources but the names of addresses and the beats' widths.
 */
import {
  acceleratorResultBeats,
  operandBeats,
} from '../../../src/families/vssa/format/accelerator-streams.ts';
import { tokenBeats } from '../../../src/families/vssa/format/streams.ts';
import type { AcceleratorParameters } from '../../../src/families/vssa/params.ts';
import { unpackBeats } from '../../../src/testbench/beats.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';

export interface NaiveResult {
  readonly row: number;
  readonly column: number;
  readonly sums: readonly number[];
  readonly last: number;
}

const bytesOf = (job: Job, stream: string): Uint8Array =>
  (job.inputs[stream] as Uint8Array | undefined) ?? new Uint8Array(0);

/** Results as the accelerator's output stream has them. */
export function resultsOf(p: AcceleratorParameters, { outputs }: Outcome): NaiveResult[] {
  const { widths, signed } = acceleratorResultBeats(p);
  const fields = unpackBeats(widths, outputs['results']!, signed);
  return Array.from(fields[0]!, (row, beat) => ({
    row,
    column: fields[1]![beat]!,
    sums: fields.slice(2, -1).map((lane) => lane[beat]!),
    last: fields.at(-1)![beat]!,
  }));
}

/** What a side's memory holds after a matrix: a digit of either plane; undefined where nothing was written. */
type Memory = Map<string, { high: number; low: number | undefined }>;

export function naiveAccelerator(p: AcceleratorParameters, job: Job): NaiveResult[] {
  const setup = new Map(job.writes);
  const [depth, nl, nr, flags] = [0, 1, 2, 3].map((address) => setup.get(address)!) as [
    number,
    number,
    number,
    number,
  ];
  const bit = (n: number): boolean => Math.floor(flags / 2 ** n) % 2 === 1;
  const [ids, bits] = unpackBeats(tokenBeats.widths, bytesOf(job, 'tokens')).map((c) => [...c]);
  const n8 = bits!.filter((code) => code === 2).length;
  const L = p.loadWords;
  const perGroup = Math.ceil(depth / L);

  const isEight = (tags: number, lane: number, index: number): boolean =>
    tags === 0 || (tags === 1 && lane < n8) || (tags === 2 && index < n8);

  const load = (
    stream: 'left' | 'right',
    side: { lanes: number; byList: boolean; byIndex: boolean; rounds: boolean; tags: number },
  ): Memory[] => {
    const fields = unpackBeats(operandBeats(p).widths, bytesOf(job, stream));
    const perRow = Math.ceil((side.byIndex ? nr : depth) / L);
    const memories: Memory[] = [];
    let memory: Memory = new Map();
    let first = 0;
    fields[0]!.forEach((id, beat) => {
      const row = Math.floor((beat - first) / perRow);
      const part = (beat - first) % perRow;
      const place = side.byList ? ids!.indexOf(id) : row;
      for (let word = 0; word < L && place >= 0; word++) {
        const [lane, index] = side.byIndex ? [part * L + word, place] : [place, part * L + word];
        const code = fields[1 + word]![beat]!;
        const group = Math.floor(lane / side.lanes);
        const block = group * perGroup + Math.floor(index / L);
        const key = `${lane % side.lanes} ${index % L} ${block}`;
        const byte = code > 127 ? code - 256 : code;
        const rounded = Math.max(-8, Math.min(7, Math.floor((byte + 8) / 16)));
        if (isEight(side.tags, lane, index)) {
          memory.set(key, { high: Math.floor(code / 16), low: code % 16 });
        } else {
          const high = side.rounds ? (rounded + 16) % 16 : Math.floor(code / 16);
          memory.set(key, { high, low: memory.get(key)?.low });
        }
      }
      if (fields.at(-1)![beat] === 1) {
        memories.push(memory);
        memory = new Map();
        first = beat + 1;
      }
    });
    return memories;
  };

  const [leftTags, rightTags, leftUses, rightUses] = [4, 5, 6, 7].map((address) =>
    setup.get(address)!,
  ) as [number, number, number, number];
  const left = load('left', {
    ...{ lanes: p.rows, byList: bit(2), byIndex: false, rounds: bit(5), tags: leftTags },
  });
  const right = load('right', {
    ...{ lanes: p.cols, byList: bit(3), byIndex: bit(4), rounds: bit(6), tags: rightTags },
  });
  const read = (
    memory: Memory,
    lanes: number,
    lane: number,
    index: number,
    tags: number,
    signed: boolean,
  ): number => {
    const block = Math.floor(lane / lanes) * perGroup + Math.floor(index / L);
    const { high, low } = memory.get(`${lane % lanes} ${index % L} ${block}`)!;
    const digit = signed && high > 7 ? high - 16 : high;
    return 16 * digit + (isEight(tags, lane, index) ? low! : 0);
  };

  const results: NaiveResult[] = [];
  for (let product = 0; product < left.length * leftUses; product++) {
    const [a, b] = [left[Math.floor(product / leftUses)]!, right[Math.floor(product / rightUses)]!];
    for (let g = 0; g * p.rows < nl; g++) {
      for (let h = 0; h * p.cols < nr; h++) {
        for (let i = g * p.rows; i < Math.min(nl, (g + 1) * p.rows); i++) {
          const sums = Array.from({ length: p.cols }, (_, lane) => {
            const j = h * p.cols + lane;
            let sum = 0n;
            for (let k = 0; k < depth && j < nr; k++) {
              sum +=
                BigInt(read(a, p.rows, i, k, leftTags, bit(0))) *
                BigInt(read(b, p.cols, j, k, rightTags, bit(1)));
            }
            return Number(BigInt.asIntN(32, sum));
          });
          results.push({ row: bit(7) ? ids![i]! : i, column: h * p.cols, sums, last: 0 });
        }
      }
    }
    results[results.length - 1] = { ...results.at(-1)!, last: 1 };
  }
  return results;
}
