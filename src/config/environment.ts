import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Settings are wrong. The message names each of them and its rule, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Variables of the process over those of `.env`, by name.
 *
 * @throws ConfigError if `.env` exists and cannot be read.
 */
export function processEnvironment(): Record<string, string | undefined> {
  return { ...environmentFile(), ...process.env };
}

/**
 * Variables of `.env`, by name; none if there is no such file.
 *
 * @throws ConfigError if `.env` exists and cannot be read.
 */
export function environmentFile(): Record<string, string | undefined> {
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
