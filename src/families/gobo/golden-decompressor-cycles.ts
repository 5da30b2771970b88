import type { CompressedBlock } from './golden-decompressor.ts';
import { decompressorSizes, openBlocks } from './params.ts';
import type { DecompressorParameters } from './params.ts';

/** What the parser works on: the section of a block, and what of it is still to come. */
type Section = { readonly kind: 'count' } | LongSection | { readonly kind: 'drop' };

interface LongSection {
  readonly kind: 'records' | 'values' | 'indexes';
  /** Records, weights, or bytes. */
  readonly left: number;
}

/** What the parser does in a cycle. */
interface Step {
  /** Bytes. */
  readonly taken: number;
  /** Values that go to the banks. */
  readonly dealt: number;
  readonly next: Section;
}

/**
 * First accepted beat to last accepted beat of a job, both included, without outside stalls. It counts
 * bytes, values and words as docs/gobo-decompressor.md moves them, and knows none of their bits.
 *
 * @param inputBeats beats of compressed bytes, all blocks with their padding
 */
export function decompressorCycles(
  p: DecompressorParameters,
  blocks: readonly CompressedBlock[],
  inputBeats: number,
): number {
  const sizes = decompressorSizes(p);
  const beatUnits = p.lanes * p.bits;

  // Parser.
  let window = 0;
  let beats = 0;
  let parsed = 0;
  let section: Section = { kind: 'count' };
  // Between parser and expander.
  let announced = 0;
  let values = 0;
  const indexWords: boolean[] = [];
  // Expander.
  let expanded = 0;
  let position = 0;
  /** Values of the block in expansion that have been used, and of all blocks that have come. */
  let used = 0;
  const arrived = blocks.map(() => 0);
  let indexBits = 0;
  let complete = false;

  /** What the parser takes in a cycle, from the state at its start, and where that leaves it. */
  const parse = (block: CompressedBlock | undefined): Step => {
    const waits = { taken: 0, dealt: 0, next: section };
    switch (section.kind) {
      case 'count':
        return window > 0 && block && announced - expanded < openBlocks
          ? { taken: 1, dealt: 0, next: firstSection(block) }
          : waits;
      case 'records':
      case 'values': {
        if (values > sizes.banks * (sizes.bankDepth - 1)) return waits;
        const { kind } = section;
        const stride = kind === 'records' ? sizes.recordBytes : p.valueBytes;
        const slots = kind === 'records' ? sizes.recordSlots : sizes.valueSlots;
        const dealt = Math.min(slots, section.left, Math.floor(window / stride));
        return { taken: dealt * stride, dealt, next: shortened(section, dealt, block!) };
      }
      case 'indexes': {
        const taken = Math.min(p.inputBytes, section.left);
        if (window < taken || indexWords.length === sizes.indexWords) return waits;
        return { taken, dealt: 0, next: shortened(section, taken, block!) };
      }
      case 'drop':
        return { taken: window % p.inputBytes, dealt: 0, next: { kind: 'count' } };
    }
  };

  let cycle = 0;
  for (; expanded < blocks.length; cycle++) {
    const was: Section['kind'] = section.kind;
    const { taken, dealt, next } = parse(blocks[parsed]);

    // The beat that the expander makes.
    const current = blocks[expanded]!;
    const most = Math.min(p.lanes, current.words.length - position);
    const needed = current.raw
      ? most
      : current.offsets.filter((offset) => offset >= position && offset < position + most).length;
    const open = announced > expanded;
    const beat =
      open &&
      (current.raw ? arrived[expanded]! - used >= needed : complete || indexBits >= beatUnits);
    const ended = beat && position + most === current.words.length;
    const cleared = ended && !current.raw;
    if (cleared) indexBits = 0;
    else if (beat && !current.raw) indexBits -= beatUnits;
    const append = (!complete || cleared) && indexBits < beatUnits && indexWords.length > 0;
    if (cleared) complete = false;
    if (append) {
      complete = indexWords.shift()!;
      indexBits += 8 * p.inputBytes;
    }

    // The end of the cycle.
    if (beat) {
      values -= needed;
      used = ended ? 0 : used + needed;
      position = ended ? 0 : position + most;
    }
    if (ended) expanded++;
    if (was === 'count' && taken > 0) announced++;
    if (was === 'indexes' && taken > 0) indexWords.push(isBetween(next));
    values += dealt;
    if (dealt > 0) arrived[parsed]! += dealt;
    if (was !== 'drop' && was !== next.kind && isBetween(next)) parsed++;
    section = next;
    window -= taken;
    if (beats < inputBeats && window + p.inputBytes <= sizes.windowBytes) {
      window += p.inputBytes;
      beats++;
    }
  }
  // The last beat is made in the cycle before it is taken.
  return cycle + 1;
}

/** Whether no block is being parsed. */
const isBetween = ({ kind }: Section): boolean => kind === 'count' || kind === 'drop';

const firstSection = ({ raw, words, offsets, indexBytes }: CompressedBlock): Section =>
  raw
    ? { kind: 'values', left: words.length }
    : offsets.length > 0
      ? { kind: 'records', left: offsets.length }
      : { kind: 'indexes', left: indexBytes };

/** What comes when this much of a section has been taken. */
function shortened(section: LongSection, by: number, block: CompressedBlock): Section {
  const left = section.left - by;
  if (left > 0) return { ...section, left };
  if (section.kind === 'records') return { kind: 'indexes', left: block.indexBytes };
  return { kind: block.endsMatrix ? 'drop' : 'count' };
}
