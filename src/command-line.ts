import { Command, InvalidArgumentError } from '@commander-js/extra-typings';

/**
 * A command line to add options to. It explains itself with `--help`. What it does not understand ends the process, with one line
 * that names it.
 *
 * @param npmCommand what people type, such as `npm run demo`; its last word begins that line.
 * @param exitCode of what is not understood.
 */
export function commandLine(npmCommand: string, exitCode = 1) {
  const name = npmCommand.split(' ').at(-1);
  return (
    new Command(`${npmCommand} --`)
      .helpOption('-h, --help', 'this text')
      .configureOutput({
        outputError: (fault, write) =>
          write(`${name}: ${fault.trim().replace('error: ', '').replaceAll('\n', ' ')}\n`),
      })
      // Descriptions are wrapped to the terminal, not as they stand in a file.
      .configureHelp({ commandDescription: (command) => command.description().replaceAll('\n', ' ') })
      .exitOverride(({ exitCode: code }) => process.exit(code === 0 ? 0 : exitCode))
  );
}

/** Reads a whole number within these bounds. */
export function wholeNumber(from: number, to = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    const end = to === Number.MAX_SAFE_INTEGER ? '' : ` to ${to}`;
    throw new InvalidArgumentError(`It must be a whole number from ${from}${end}.`);
  };
}
