import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { listPrice, type Price } from './domain/money/pricing.ts';
import { hostNamesOf } from './http/request/hosts.ts';
import type { HttpSettings } from './http/settings.ts';
import type { RateLimitSettings } from './services/accounts/rate-limits.ts';
import { defaultModels, price, settings } from './settings.ts';

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
