import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Settings are wrong. The message names each of them and its rule, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Variables by name. */
export type Variables = Record<string, string | undefined>;

/**
 * Variables by where they stand.
 *
 * @throws ConfigError if `.env` exists and cannot be read.
 */
export function environments(): { file: Variables; process: Variables } {
  return { file: environmentFile(), process: process.env };
}

/**
 * Variables of the process over those of `.env`, by name.
 *
 * @throws ConfigError if `.env` exists and cannot be read.
 */
export function processEnvironment(): Variables {
  const { file, process: own } = environments();
  return { ...file, ...own };
}

function environmentFile(): Variables {
  if (!existsSync('.env')) return {};
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `The file .env is there and cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
