import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import { listPrice, type Price } from './domain/money/pricing.ts';
import { hostNameOf, hostNamesOf } from './http/request/hosts.ts';
import type { HttpSettings } from './http/settings.ts';
import type { RateLimitSettings } from './services/accounts/rate-limits.ts';

const port = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(0)
  .max(65_535, 'must be at most 65535');
const positiveInt = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be at least 1');
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be an address such as ${example}` });

const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

/** Of a browser: scheme, host and port, nothing else. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Redis' databases have numbers; none stands for 0. */
function hasDatabaseNumber(text: string): boolean {
  return !URL.canParse(text) || /^\/?\d*$/.test(new URL(text).pathname);
}

function areNetworks(networks: string[]): boolean {
  try {
    proxyAddr.compile(networks);
    return true;
  } catch {
    return false;
  }
}

const price = z
  .string()
  .regex(/^\d+(\.\d+)?\/\d+(\.\d+)?$/, 'must be dollars a million tokens as INPUT/OUTPUT, such as 0.75/4.50')
  .transform((text): Price => {
    const [input = 0, output = 0] = text.split('/').map(Number);
    return { input, output };
  });

const defaultModels = { TEXT: 'gpt-5.4-mini', IMAGE: 'gpt-image-2' };

/** Every setting there is: name, rule, default. The table in README.md is checked against it. */
const settings = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], 'must be development, test or production')
    .default('development'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(4000),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgresql://user:password@host:5432/name').optional(),
  REDIS_URL: url(/^rediss?$/, 'redis://host:6379')
    .refine(hasDatabaseNumber, 'must end in the number of its database, such as redis://host:6379/1')
    .optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: url(/^https?$/, 'https://api.openai.com/v1').optional(),
  TEXT_MODEL: z.string().min(1).default(defaultModels.TEXT),
  IMAGE_MODEL: z.string().min(1).default(defaultModels.IMAGE),
  TEXT_PRICE: price.optional(),
  IMAGE_PRICE: price.optional(),
  IMAGE_QUALITY: z.enum(['low', 'medium', 'high'], 'must be low, medium or high').default('low'),
  ROLE: z.enum(['all', 'api', 'worker'], 'must be all, api or worker').default('all'),
  POST_SLOTS: positiveInt.max(1000, 'must be at most 1000').default(10),
  MAX_POST_SLOTS: positiveInt.max(10_000, 'must be at most 10000').default(200),
  POST_SLOTS_PER_USER: positiveInt.max(10_000, 'must be at most 10000').optional(),
  REQUESTS_PER_MINUTE: positiveInt.default(500),
  TOKENS_PER_MINUTE: positiveInt.default(500_000),
  IMAGES_PER_MINUTE: positiveInt.default(250),
  MONTHLY_BUDGET: z.coerce.number('must be a number').positive('must be above 0').optional(),
  EVENT_RETENTION_DAYS: positiveInt.max(3650, 'must be at most 3650').default(30),
  JWT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  JWT_PREVIOUS_SECRETS: z
    .string()
    .transform((list) => list.split(',').map((secret) => secret.trim()))
    .refine((secrets) => secrets.every((secret) => secret.length >= 32), {
      error: 'must be secrets of at least 32 characters each, with commas between them',
    })
    .optional(),
  ACCESS_TOKEN_MINUTES: z.coerce
    .number('must be a number')
    .min(0.05, 'must be at least 0.05')
    .max(1440, 'must be at most 1440')
    .default(15),
  RATE_LIMIT_PER_USER: positiveInt.default(6_000),
  RATE_LIMIT_PER_ADDRESS: positiveInt.default(12_000),
  RATE_LIMIT_GLOBAL: positiveInt.default(120_000),
  LOGIN_ATTEMPTS: positiveInt.default(10),
  LOGIN_ATTEMPTS_PER_ADDRESS: positiveInt.default(100),
  REGISTRATIONS_PER_ADDRESS: positiveInt.default(100),
  TRUSTED_PROXIES: list.refine(areNetworks, 'must be addresses or networks such as 10.0.0.0/8').default([]),
  ALLOWED_HOSTS: list
    .refine(
      (hosts) => hosts.every((host) => hostNameOf(host) === host.toLowerCase()),
      'must be host names such as api.example.com, without ports',
    )
    .default([]),
  ALLOWED_ORIGINS: list
    .refine((origins) => origins.every(isOrigin), 'must be origins such as https://app.example.com')
    .default([]),
  INTROSPECTION: flag.optional(),
  PERSISTED_ONLY: flag.default(false),
  PERSISTED_DOCUMENTS: z.string().min(1).default('client/generated/persisted-documents.json'),
  MAX_SOCKETS: positiveInt.default(10_000),
  MAX_SOCKETS_PER_ADDRESS: positiveInt.default(2_000),
  CACHE: z.enum(['on', 'off'], 'must be on or off').default('on'),
  CACHE_MB: positiveInt.max(4096, 'must be at most 4096').default(16),
  ASSET_BASE_URL: url(/^https?$/, 'https://cdn.example.com').optional(),
  ASSET_S3_BUCKET: z.string().min(1).optional(),
  ASSET_S3_REGION: z.string().min(1).default('us-east-1'),
  ASSET_S3_ENDPOINT: url(/^https?$/, 'https://s3.example.com').optional(),
  SIMULATOR_TIME_SCALE: z.coerce.number('must be a number').positive('must be above 0').max(10).default(1),
  SIMULATOR_SEED: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .default(1),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info'),
});

export type Config = {
  host: string;
  port: number;
  /** Absolute. */
  dataDir: string;
  /** Undefined: embedded PGlite in `dataDir`. */
  databaseUrl: string | undefined;
  /** Undefined: the bus stays in this process. */
  redisUrl: string | undefined;
  provider: {
    textModel: string;
    imageModel: string;
    imageQuality: 'low' | 'medium' | 'high';
    /** Of both models, by name. */
    prices: ReadonlyMap<string, Price>;
  } & (
    | { kind: 'openai'; apiKey: string; baseUrl: string | undefined }
    | { kind: 'simulator'; timeScale: number; seed: number }
  );
  role: 'all' | 'api' | 'worker';
  /** What the provider allows a minute, until its answers tell the real limits. */
  limits: { requestsPerMinute: number; tokensPerMinute: number; imagesPerMinute: number };
  /** US dollars that each owner may spend in a calendar month; undefined: no limit. */
  monthlyBudget: number | undefined;
  /** Posts written at the same time by all processes. */
  maxPostSlots: number;
  /** Posts written at the same time by this process. */
  postSlots: number;
  /** Posts of one user written at the same time by all processes; undefined: any number. */
  postSlotsPerUser: number | undefined;
  /** How long progress can be replayed. */
  eventRetentionDays: number;
  accessTokens: {
    /** The first signs, all verify; none: a random one, kept in `dataDir`. */
    secrets: readonly string[];
    minutes: number;
  };
  rateLimits: RateLimitSettings;
  /** Undefined: no answer is kept. */
  cache: { maxBytes: number } | undefined;
  http: HttpSettings;
  assets: {
    /** Prefix of every picture's address; undefined: this server serves them. */
    baseUrl: string | undefined;
    s3: { bucket: string; region: string; endpoint: string | undefined } | undefined;
  };
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

/** Settings are wrong. The message names each of them and its rule, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads all settings. An empty value counts as not set.
 *
 * @param environment variables by name; defaults to the process's own over those of `.env`.
 * @throws ConfigError naming every faulty setting at once.
 */
export function readConfig(environment: Record<string, string | undefined> = processEnvironment()): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => name in settings.shape && value !== undefined && value !== '',
    ),
  );
  const parsed = settings.safeParse(given);
  const faults = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (given['NODE_ENV'] === 'production' && given['JWT_SECRET'] === undefined) {
    faults.push('JWT_SECRET: must be set in production; make one with: openssl rand -base64 48');
  }
  if (given['JWT_PREVIOUS_SECRETS'] !== undefined && given['JWT_SECRET'] === undefined) {
    faults.push('JWT_SECRET: must be set where JWT_PREVIOUS_SECRETS is');
  }
  if (given['OPENAI_BASE_URL'] !== undefined && given['OPENAI_API_KEY'] === undefined) {
    faults.push('OPENAI_API_KEY: must be set where OPENAI_BASE_URL is');
  }
  if (given['ASSET_S3_ENDPOINT'] !== undefined && given['ASSET_S3_BUCKET'] === undefined) {
    faults.push('ASSET_S3_BUCKET: must be set where ASSET_S3_ENDPOINT is');
  }
  if (given['DATABASE_URL'] === undefined && ['api', 'worker'].includes(given['ROLE'] ?? '')) {
    faults.push(
      'DATABASE_URL: must be set where ROLE splits the process, as the embedded database belongs to one',
    );
  }
  const prices = new Map<string, Price>();
  for (const kind of ['TEXT', 'IMAGE'] as const) {
    const model = given[`${kind}_MODEL`] ?? defaultModels[kind];
    const known = price.safeParse(given[`${kind}_PRICE`]).data ?? listPrice(model);
    if (known === undefined)
      faults.push(`${kind}_PRICE: must be set, as the price of ${kind}_MODEL is not known`);
    else prices.set(model, known);
  }
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(
      `These settings need mending (see README.md, "Settings"):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  return toConfig(parsed.data, prices);
}

/** Names of all settings, for the check that README.md lists them. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

function toConfig(values: z.infer<typeof settings>, prices: ReadonlyMap<string, Price>): Config {
  const models = {
    textModel: values.TEXT_MODEL,
    imageModel: values.IMAGE_MODEL,
    imageQuality: values.IMAGE_QUALITY,
    prices,
  };
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    provider:
      values.OPENAI_API_KEY === undefined
        ? {
            ...models,
            kind: 'simulator',
            timeScale: values.SIMULATOR_TIME_SCALE,
            seed: values.SIMULATOR_SEED,
          }
        : { ...models, kind: 'openai', apiKey: values.OPENAI_API_KEY, baseUrl: values.OPENAI_BASE_URL },
    role: values.ROLE,
    limits: {
      requestsPerMinute: values.REQUESTS_PER_MINUTE,
      tokensPerMinute: values.TOKENS_PER_MINUTE,
      imagesPerMinute: values.IMAGES_PER_MINUTE,
    },
    monthlyBudget: values.MONTHLY_BUDGET,
    maxPostSlots: values.MAX_POST_SLOTS,
    postSlots: values.POST_SLOTS,
    postSlotsPerUser: values.POST_SLOTS_PER_USER,
    eventRetentionDays: values.EVENT_RETENTION_DAYS,
    accessTokens: {
      secrets:
        values.JWT_SECRET === undefined ? [] : [values.JWT_SECRET, ...(values.JWT_PREVIOUS_SECRETS ?? [])],
      minutes: values.ACCESS_TOKEN_MINUTES,
    },
    rateLimits: {
      perUser: values.RATE_LIMIT_PER_USER,
      perAddress: values.RATE_LIMIT_PER_ADDRESS,
      global: values.RATE_LIMIT_GLOBAL,
      logins: values.LOGIN_ATTEMPTS,
      loginsPerAddress: values.LOGIN_ATTEMPTS_PER_ADDRESS,
      registrationsPerAddress: values.REGISTRATIONS_PER_ADDRESS,
    },
    cache: values.CACHE === 'off' ? undefined : { maxBytes: values.CACHE_MB * 1024 * 1024 },
    http: {
      trustedProxies: values.TRUSTED_PROXIES,
      allowedHosts: hostNamesOf({
        names: [values.HOST, ...values.ALLOWED_HOSTS],
        urls: [
          ...values.ALLOWED_ORIGINS,
          ...(values.ASSET_BASE_URL === undefined ? [] : [values.ASSET_BASE_URL]),
        ],
      }),
      allowedOrigins: values.ALLOWED_ORIGINS,
      introspection: values.INTROSPECTION ?? values.NODE_ENV !== 'production',
      persistedOnly: values.PERSISTED_ONLY,
      persistedDocuments: resolve(values.PERSISTED_DOCUMENTS),
      maxSockets: values.MAX_SOCKETS,
      maxSocketsPerAddress: values.MAX_SOCKETS_PER_ADDRESS,
    },
    assets: {
      baseUrl: values.ASSET_BASE_URL?.replace(/(?<!\/)\/+$/, ''),
      s3:
        values.ASSET_S3_BUCKET === undefined
          ? undefined
          : {
              bucket: values.ASSET_S3_BUCKET,
              region: values.ASSET_S3_REGION,
              endpoint: values.ASSET_S3_ENDPOINT,
            },
    },
    logLevel: values.LOG_LEVEL,
  };
}

/** Variables of the process over those of `.env`, by name. */
export function processEnvironment(): Record<string, string | undefined> {
  return { ...parseEnv(environmentFile()), ...process.env };
}

function environmentFile(): string {
  if (!existsSync('.env')) return '';
  try {
    return readFileSync('.env', 'utf8');
  } catch (error) {
    throw new ConfigError(
      `The file .env is there and cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** What a model of ours costs. Settings without a price for one are refused. */
export function priceOf({ provider }: Config, model: string): Price {
  const price = provider.prices.get(model);
  if (price === undefined) throw new Error(`No price is known for the model ${model}.`);
  return price;
}
