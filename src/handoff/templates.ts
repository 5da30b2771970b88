import { readFile } from 'node:fs/promises';
import Handlebars from 'handlebars';

const handlebars = Handlebars.create();

/** Cells of a line of a Markdown table. */
const cells = (line: string): string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim());

function ruler(cell: string, width: number): string {
  return cell.endsWith(':') ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width);
}

/** A Markdown table with its columns padded, so that it also reads well as plain text. */
export function alignTable(table: string): string {
  const rows = table.trim().split('\n').map(cells);
  const rule = rows[1] ?? [];
  const widths = rule.map((_, column) =>
    Math.max(3, ...rows.map((row, i) => (i === 1 ? 0 : (row[column] ?? '').length))),
  );
  const lines = rows.map((row, i) =>
    row.map((cell, column) => {
      const width = widths[column] ?? cell.length;
      if (i === 1) return ruler(cell, width);
      return rule[column]?.endsWith(':') ? cell.padStart(width) : cell.padEnd(width);
    }),
  );
  return lines.map((row) => `| ${row.join(' | ')} |\n`).join('');
}

handlebars.registerHelper('aligned', function (this: unknown, options: Handlebars.HelperOptions) {
  return alignTable(options.fn(this));
});

const lineLength = 100;

/** A paragraph broken into lines; the first starts with `bullet`, the others below its text. */
export function wrapParagraph(text: string, bullet = ''): string {
  const lines: string[] = [];
  let line = bullet;
  for (const word of text.trim().split(/\s+/)) {
    const start = lines.length === 0 ? bullet : ' '.repeat(bullet.length);
    if (line.length > start.length && line.length + 1 + word.length > lineLength) {
      lines.push(line);
      line = ' '.repeat(bullet.length);
    }
    line += line.length > bullet.length ? ` ${word}` : word;
  }
  return `${[...lines, line].join('\n')}\n`;
}

handlebars.registerHelper('wrapped', function (this: unknown, ...args: unknown[]) {
  // A helper's own arguments come first, what Handlebars adds is last.
  const { fn } = args.at(-1) as Handlebars.HelperOptions;
  return wrapParagraph(fn(this), args.length > 1 ? String(args[0]) : '');
});

/**
 * A template of templates/handoff filled in. Throws where the template names something that
 * `data` lacks.
 */
export async function renderTemplate(name: string, data: object): Promise<string> {
  const url = new URL(`../../templates/handoff/${name}.hbs`, import.meta.url);
  const template = handlebars.compile(await readFile(url, 'utf8'), {
    noEscape: true,
    strict: true,
  });
  return template(data);
}
