import type { Module } from '../ir/index.ts';
import type { Pin } from './simulator.ts';
import { wordCount } from './words.ts';

export interface TopPin extends Pin {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly signed: boolean;
}

/**
 * The pins of a top, its ports in order and then the reset of each domain: an input of one bit,
 * active low, that starts at 0 as every other input does. Clocks have no pin.
 */
export function layPins(top: Module): { readonly pins: readonly TopPin[]; readonly words: number } {
  let offset = 0;
  const place = (name: string, direction: TopPin['direction'], width: number, signed: boolean) => {
    const words = wordCount(width);
    const pin: TopPin = { name, direction, width, signed, offset, words };
    offset += words;
    return pin;
  };
  const pins = top.ports.map((port) => place(port.name, port.direction, port.width, port.signed));
  const resets = new Set(top.domains.map((domain) => domain.reset));
  for (const reset of resets) pins.push(place(reset, 'input', 1, false));
  return { pins, words: offset };
}
