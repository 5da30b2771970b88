import { fail } from './builder.ts';
import { describeValue } from './describe-value.ts';

/**
 * One text for equal parameters, whatever the order of their keys. Refuses what cannot be compared:
 * two functions that do the same would look different, two objects of a class might look equal.
 */
export function parameterKey(value: unknown, path: string): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return JSON.stringify(value) ?? 'undefined';
    case 'bigint':
      return `${value}n`;
    case 'number':
      if (Number.isFinite(value)) return String(value);
      break;
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) {
        return `[${value.map((item, index) => parameterKey(item, `${path}[${index}]`)).join()}]`;
      }
      if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) break;
      const entries = Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const shown = entries.map(
        ([key, item]) => `${JSON.stringify(key)}:${parameterKey(item, join(path, key))}`,
      );
      return `{${shown.join()}}`;
    }
  }
  return fail({ code: 'bad-parameter', path, actual: describeValue(value) });
}

const join = (path: string, key: string): string =>
  path === 'the parameter' ? `the parameter ${key}` : `${path}.${key}`;
