import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import type { BatchEvent } from '../../client/index.ts';
import type { BatchState } from './state.ts';
import { seconds, truncate, type Paint } from './text.ts';
import { drawBatch, tellEvent } from './view.ts';

/** The demo's output: a terminal that is redrawn, or a file that gets line after line. */
export type Screen = {
  paint: Paint;
  /** Width of the terminal; undefined for a file. */
  columns: number | undefined;
  /** Shows the present step, until something else is shown. */
  working(text: string): void;
  /** Writes lines that stay. */
  print(text: string): void;
  /** Writes that a step is done, as a line that stays. */
  done(text: string): void;
  /** Shows a batch after an event. */
  show(title: string, state: BatchState, event: BatchEvent | undefined): void;
  /** Lets the batch stay as it is shown. */
  keep(): void;
  /** Clears what does not stay, and shows the cursor again. */
  close(): void;
};

const redrawMs = 100;

/** Creates the screen: redrawn on a terminal, plain lines elsewhere. */
export function createScreen(output: WriteStream): Screen {
  return output.isTTY ? createTerminalScreen(output) : createPlainScreen(output);
}

function createTerminalScreen(output: WriteStream): Screen {
  const paint: Paint = (style, text) => styleText(style, text, { stream: output });
  const live = createLogUpdate(output);
  let draw: (() => string) | undefined;
  const redraw = () => {
    if (draw !== undefined) live(draw());
  };
  const timer = setInterval(redraw, redrawMs);
  const clear = () => {
    if (draw !== undefined) live.clear();
    draw = undefined;
  };
  const print = (text: string) => {
    clear();
    output.write(`${wrapLines(text, output.columns)}\n`);
  };
  return {
    paint,
    get columns() {
      return output.columns;
    },
    working(text) {
      const sinceMs = Date.now();
      draw = () => {
        const elapsedMs = Date.now() - sinceMs;
        const line = `  · ${text} …${elapsedMs < 1000 ? '' : ` ${seconds(elapsedMs, 0)}`}`;
        return paint('dim', truncate(line, output.columns - 1));
      };
      redraw();
    },
    print,
    done: (text) => print(`  ${paint('green', '✓')} ${text}`),
    show(title, state) {
      draw = () => drawBatch(state, title, output, Date.now(), paint);
    },
    keep() {
      redraw();
      live.done();
      draw = undefined;
    },
    close() {
      clearInterval(timer);
      clear();
      live.done();
    },
  };
}

/** Breaks lines between words. Later lines of one are indented as its first. */
function wrapLines(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? '';
      const words = line.slice(indent.length);
      return wrapAnsi(words, Math.max(20, columns - indent.length), { trim: true })
        .split('\n')
        .map((part) => indent + part)
        .join('\n');
    })
    .join('\n');
}

function createPlainScreen(output: WriteStream): Screen {
  const print = (text: string) => {
    output.write(`${text}\n`);
  };
  return {
    paint: (_style, text) => text,
    columns: undefined,
    working: (text) => print(`  · ${text} …`),
    print,
    done: (text) => print(`  ✓ ${text}`),
    show(_title, state, event) {
      const line = event === undefined ? undefined : tellEvent(event, state);
      if (line !== undefined) print(line);
    },
    keep() {},
    close() {},
  };
}
