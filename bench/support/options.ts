import { InvalidArgumentError } from '@commander-js/extra-typings';
import { wholeNumber } from '../../src/command-line.ts';

/** Reads a number above 0, such as `0.1`. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Reads whole numbers from this one on, such as `10,50`. */
export function numbers(from: number) {
  const read = wholeNumber(from);
  return (text: string): number[] => text.split(',').map(read);
}
