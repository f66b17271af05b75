import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import type { ReadStream, WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import type { BatchEvent } from '../../client/index.ts';
import { drawPlan, tellItem } from './plan-view.ts';
import { isPlanning, type BatchState } from './state.ts';
import { seconds, truncate, type Paint } from './text.ts';
import { drawBatch, tellEvent, type Heading } from './view.ts';

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
  /** Shows a batch after an event: its plan while it is planned, then its posts. */
  show(heading: Heading, state: BatchState, event: BatchEvent | undefined): void;
  /** Lets the batch stay as it is shown. */
  keep(): void;
  /**
   * Asks a person.
   *
   * @returns whether the answer is yes; undefined if there is nobody to ask.
   * @throws the reason of the signal.
   */
  ask(question: string, signal: AbortSignal): Promise<boolean | undefined>;
  /** Clears what does not stay, and shows the cursor again. */
  close(): void;
};

const redrawMs = 100;

/** Creates the screen: redrawn on a terminal, plain lines elsewhere. */
export function createScreen(output: WriteStream, input: ReadStream): Screen {
  return output.isTTY ? createTerminalScreen(output, input) : createPlainScreen(output);
}

function createTerminalScreen(output: WriteStream, input: ReadStream): Screen {
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
  const keep = () => {
    redraw();
    live.done();
    draw = undefined;
  };
  let showsPlan = false;
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
    show(heading, state) {
      if (showsPlan || isPlanning(state)) draw = () => drawPlan(state, output, Date.now(), paint);
      // The plan stays above the posts.
      if (showsPlan && !isPlanning(state)) keep();
      showsPlan = isPlanning(state);
      if (!showsPlan) draw = () => drawBatch(state, heading, output, Date.now(), paint);
    },
    keep,
    async ask(question, signal) {
      if (!input.isTTY) return undefined;
      clear();
      signal.throwIfAborted();
      // Not a terminal to readline, which would keep Ctrl-C to itself.
      const lines = createInterface({ input, output, terminal: false });
      // Ctrl-D.
      const closed = once(lines, 'close').then(() => '');
      const answered = lines.question(`  ${question} [y/N] `, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
      const answer = await Promise.race([answered, closed]).finally(() => lines.close());
      return /^\s*y(es)?\s*$/i.test(answer);
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
  /** Ids of items that have their line. */
  const told = new Set<string>();
  const print = (text: string) => {
    output.write(`${text}\n`);
  };
  return {
    paint: (_style, text) => text,
    columns: undefined,
    working: (text) => print(`  · ${text} …`),
    print,
    done: (text) => print(`  ✓ ${text}`),
    show({ variants }, state, event) {
      for (const item of state.plan.values())
        if (!told.has(item.id)) {
          told.add(item.id);
          print(tellItem(item, state));
        }
      const line = event === undefined ? undefined : tellEvent(event, state, variants);
      if (line !== undefined) print(line);
    },
    keep() {},
    ask: () => Promise.resolve(undefined),
    close() {},
  };
}
