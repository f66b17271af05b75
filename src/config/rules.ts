import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import type { Price } from '../domain/money/pricing.ts';
import { hostNameOf } from '../http/request/allowed-hosts.ts';
import { dialects, parseModelName, type ModelName } from '../provider/openai/dialects.ts';
import { nearestTo } from './nearest.ts';

// What the text of a setting may be. Messages follow the setting's name: "PORT: must be a number".

export const text = z.string().min(1);

export const port = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0)
  .max(65_535, 'must be at most 65535');

export const wholeNumber = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be at least 0');

export const positiveInt = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be at least 1');

/** A number above 0, fractions included. */
export const positiveNumber = z.coerce.number('must be a number').positive('must be above 0');

/** A number between the two, fractions included. */
export const numberBetween = (least: number, most: number) =>
  z.coerce
    .number('must be a number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

/** A whole number from 1 to `most`. */
export const positiveIntUpTo = (most: number) => positiveInt.max(most, `must be at most ${most}`);

export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

/** What stands between commas. */
const entries = z.string().transform((line) => line.split(',').map((entry) => entry.trim()));

/** Entries with commas between them. */
const list = entries.transform((values) => values.filter((value) => value !== ''));

const url = (protocol: RegExp, example: string) =>
  z.url({ protocol, error: `must be an address such as ${example}` });

export const httpUrl = (example: string) => url(/^https?$/, example);

export const postgresUrl = url(/^postgres(ql)?$/, 'postgresql://user:password@host:5432/name');

/** A Redis address. Its path is the number of a database; without one it is 0. */
export const redisUrl = url(/^rediss?$/, 'redis://host:6379').refine(
  (value) => !URL.canParse(value) || /^\/?\d*$/.test(new URL(value).pathname),
  'must end in the number of its database, such as redis://host:6379/1',
);

/** The provider that the word before a colon was meant to be; undefined if it is one, or like none. */
function meantProvider(value: string): string | undefined {
  const [first = '', ...rest] = value.split(':');
  if (rest.length === 0 || Object.hasOwn(dialects, first)) return undefined;
  return nearestTo(first, Object.keys(dialects));
}

/** Models, each as `provider:model`. */
export const models = list
  .superRefine((values, context) => {
    for (const meant of new Set(values.flatMap((value) => meantProvider(value) ?? []))) {
      const message = `must name providers exactly. Did you mean ${meant}:? A model of OpenAI with such a name is openai:NAME`;
      context.addIssue({ code: 'custom', message });
    }
  })
  .transform((values, context): [ModelName, ...ModelName[]] => {
    const [first, ...others] = values.map(parseModelName);
    if (first !== undefined && [first, ...others].every(({ model }) => model !== ''))
      return [first, ...others];
    const message =
      'must be models such as gpt-5.4-mini or anthropic:claude-haiku-4-5, with commas between them';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .refine((named) => new Set(named.map(({ name }) => name)).size === named.length, {
    error: 'must name each model once',
  });

/** Models that draw. */
export const drawingModels = models.refine(
  (named) => named.every(({ provider }) => dialects[provider].draws),
  `must be models of ${Object.entries(dialects)
    .flatMap(([name, { draws }]) => (draws ? [name] : []))
    .join(' or ')}, as the others do not draw`,
);

const price = /^\d+(\.\d+)?\/\d+(\.\d+)?$/;

/** Prices of models, in their order. Undefined stands for the list price. */
export const prices = entries
  .refine((values) => values.every((value) => value === 'list' || price.test(value)), {
    error: 'must be dollars a million tokens as INPUT/OUTPUT, such as 0.75/4.50, with commas between models',
  })
  .transform((values) =>
    values.map((value): Price | undefined => {
      if (value === 'list') return undefined;
      const [input = 0, output = 0] = value.split('/').map(Number);
      return { input, output };
    }),
  );

export const secret = z.string().min(32, 'must have at least 32 characters');

export const secrets = list.refine((values) => values.every((value) => secret.safeParse(value).success), {
  error: 'must be secrets of at least 32 characters each, with commas between them',
});

export const networks = list.refine(areNetworks, 'must be addresses or networks such as 10.0.0.0/8');

export const hostNames = list.refine(
  (hosts) => hosts.every((host) => hostNameOf(host) === host.toLowerCase()),
  'must be host names such as api.example.com, without ports',
);

/** Origins of browser pages: scheme, host and port, nothing else. */
export const origins = list.refine(
  (values) => values.every((value) => URL.canParse(value) && new URL(value).origin === value),
  'must be origins such as https://app.example.com',
);

function areNetworks(values: string[]): boolean {
  try {
    proxyAddr.compile(values);
    return true;
  } catch {
    return false;
  }
}
