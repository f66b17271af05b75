import type { Variables } from './environment.ts';
import { nearestTo } from './nearest.ts';
import { settings } from './settings.ts';

/** Beginnings of names that only settings have. */
const ownPrefixes = [
  'ASSET_S3_',
  'LOGIN_ATTEMPTS',
  'MAX_SOCKETS',
  'PERSISTED_',
  'POST_SLOTS',
  'RATE_LIMIT_',
  'SIMULATOR_',
];

/** Shorter names are like too many others. */
const shortestName = 5;

/**
 * Finds names that no setting has. In `.env` each of them counts. The process's environment belongs to others too, so there
 * a name counts if it begins as settings do, or differs from one by at most two letters.
 *
 * @param file variables of `.env`. @param process variables of the process.
 * @returns a sentence for each, with the nearest setting where one is near. Values are not in it.
 */
export function unknownSettings({ file, process: own }: Record<'file' | 'process', Variables>): string[] {
  const isUnknown = (name: string) => !(name in settings.shape);
  const inFile = Object.keys(file).filter(isUnknown);
  const inProcess = Object.keys(own).filter((name) => isUnknown(name) && !(name in file));
  if (inFile.length + inProcess.length === 0) return [];
  const known = Object.keys(settings.shape).filter((name) => name.length >= shortestName);

  function sentence(name: string, where: string): string {
    const nearest = nearestTo(name, known);
    const hint =
      nearest === undefined ? 'docs/configuration.md lists all settings.' : `Did you mean ${nearest}?`;
    return `${name}${where} is not a setting and has no effect. ${hint}`;
  }

  return [
    ...inFile.map((name) => sentence(name, ' in .env')),
    ...inProcess
      .filter((name) => ownPrefixes.some((prefix) => name.startsWith(prefix)) || isNear(name))
      .map((name) => sentence(name, '')),
  ];

  function isNear(name: string): boolean {
    return name.length >= shortestName && nearestTo(name, known) !== undefined;
  }
}
