import type { Module } from '../ir/index.ts';
import { firesPort } from './clocks.ts';
import type { Pin } from './simulator.ts';
import { wordCount } from './words.ts';

export interface TopPin extends Pin {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly signed: boolean;
}

/**
 * The pins of a top, its ports in order and then the reset of each domain: an input of one bit,
 * active low, that starts at 0 as every other input does. Clocks have no pin, but behind the pins one
 * word each, `fires`, where there are several (see `oneClock`).
 */
export function layPins(top: Module): {
  readonly pins: readonly TopPin[];
  readonly fires: readonly TopPin[];
  readonly words: number;
} {
  let offset = 0;
  const place = (name: string, direction: TopPin['direction'], width: number, signed: boolean) => {
    const words = wordCount(width);
    const pin: TopPin = { name, direction, width, signed, offset, words };
    offset += words;
    return pin;
  };
  const ports = top.ports.filter((port) => !port.name.startsWith('#'));
  const pins = ports.map((port) => place(port.name, port.direction, port.width, port.signed));
  const resets = new Set(top.domains.map((domain) => domain.reset));
  for (const reset of resets) pins.push(place(reset, 'input', 1, false));
  const words = offset;
  const fires =
    top.domains.length < 2
      ? []
      : top.domains.map((_, index) => place(firesPort(index), 'input', 1, false));
  return { pins, fires, words };
}
