import Table from 'cli-table3';
import { families } from '../families/index.ts';
import type { Family } from '../families/index.ts';
import { rangeText, valueText } from '../testbench/index.ts';

/** What can be generated, as plain data. */
export function listData(chosen: readonly Family[] = families): object {
  return {
    families: chosen.map(({ name, paper, designs }) => ({
      name,
      paper,
      designs: designs.map((design) => ({
        name: design.name,
        summary: design.summary,
        parameters: Object.entries(design.parameters).map(([key, spec]) => ({
          name: key,
          ...spec,
        })),
      })),
    })),
  };
}

const plain = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };

/** The same for a person: a table per design. */
export function listText(chosen: readonly Family[] = families): string {
  return chosen.map(familyText).join('\n');
}

function familyText({ name, paper, designs }: Family): string {
  const parts = designs.map((design, i) => {
    const table = new Table({
      head: ['parameter', 'range', 'default', 'meaning'],
      colAligns: ['left', 'right', 'right', 'left'],
      chars: plain,
      style,
    });
    for (const [key, spec] of Object.entries(design.parameters)) {
      table.push([key, rangeText(spec), valueText(spec, spec.default), spec.help]);
    }
    const also = i === 0 ? ` (also --pe ${name})` : '';
    return `--pe ${design.name}${also}: ${design.summary}\n\n${table.toString().replace(/ +$/gm, '')}\n`;
  });
  return `${name}: ${paper}\n\n${parts.join('\n')}`;
}
