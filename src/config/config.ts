import { resolve } from 'node:path';
import type { z } from 'zod';
import { listPrice, type Price } from '../domain/money/pricing.ts';
import { hostNamesOf } from '../http/request/allowed-hosts.ts';
import type { HttpSettings } from '../http/settings.ts';
import type { Registration } from '../services/accounts/invitations.ts';
import type { RateLimitSettings } from '../services/accounts/rate-limits.ts';
import { ConfigError, processEnvironment } from './environment.ts';
import { settings } from './settings.ts';

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
  /** US dollars that each workspace may spend in a calendar month; undefined: no limit. */
  monthlyBudget: number | undefined;
  /** Posts written at the same time by all processes. */
  maxPostSlots: number;
  /** Posts written at the same time by this process; undefined: as many as keep the limits busy. */
  postSlots: number | undefined;
  /** Posts of one workspace written at the same time by all processes; undefined: any number. */
  postSlotsPerUser: number | undefined;
  /** How long progress can be replayed. */
  eventRetentionDays: number;
  accessTokens: {
    /** The first signs, all verify; none: a random one, kept in `dataDir`. */
    secrets: readonly string[];
    minutes: number;
  };
  registration: Registration;
  rateLimits: RateLimitSettings;
  /** Undefined: no answer is kept. */
  cache: { maxBytes: number } | undefined;
  http: HttpSettings;
  assets: {
    /** Prefix of every image's address; undefined: this server serves them. */
    baseUrl: string | undefined;
    s3: { bucket: string; region: string; endpoint: string | undefined } | undefined;
  };
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

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
  const prices = pricesOf(given);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...faultsBetween(given),
    ...prices.faults,
  ];
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(
      `Some settings are wrong (see docs/configuration.md):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  return toConfig(parsed.data, prices.byModel);
}

type Given = Record<string, string | undefined>;

/** What is wrong with settings that depend on each other. */
function faultsBetween(given: Given): string[] {
  const isSet = (name: keyof typeof settings.shape) => given[name] !== undefined;
  const isProduction = given['NODE_ENV'] === 'production';
  const isSplit = ['api', 'worker'].includes(given['ROLE'] ?? '');
  const rules: [name: keyof typeof settings.shape, isNeeded: boolean, rule: string][] = [
    ['JWT_SECRET', isProduction, 'must be set in production; make one with: openssl rand -base64 48'],
    [
      'DATABASE_URL',
      isProduction && !isSplit && given['ALLOW_EMBEDDED_DATABASE'] !== 'true',
      'must be set in production, unless ALLOW_EMBEDDED_DATABASE=true lets the embedded database do',
    ],
    [
      'OPENAI_API_KEY',
      // A process of the API calls no provider.
      isProduction && given['ROLE'] !== 'api' && given['ALLOW_SIMULATOR'] !== 'true',
      'must be set in production, unless ALLOW_SIMULATOR=true lets the simulator answer, whose posts are made up',
    ],
    ['JWT_SECRET', isSet('JWT_PREVIOUS_SECRETS'), 'must be set where JWT_PREVIOUS_SECRETS is'],
    ['OPENAI_API_KEY', isSet('OPENAI_BASE_URL'), 'must be set where OPENAI_BASE_URL is'],
    ['ASSET_S3_BUCKET', isSet('ASSET_S3_ENDPOINT'), 'must be set where ASSET_S3_ENDPOINT is'],
    [
      'DATABASE_URL',
      isSplit,
      'must be set where ROLE splits the process, as the embedded database belongs to one',
    ],
  ];
  return rules
    .filter(([name, isNeeded]) => isNeeded && !isSet(name))
    .map(([name, , rule]) => `${name}: ${rule}`);
}

/** The price of each model: the one that is set, or else its list price. */
function pricesOf(given: Given): { byModel: ReadonlyMap<string, Price>; faults: string[] } {
  const byModel = new Map<string, Price>();
  const faults: string[] = [];
  const models = settings.pick({ TEXT_MODEL: true, IMAGE_MODEL: true }).parse(given);
  for (const kind of ['TEXT', 'IMAGE'] as const) {
    const model = models[`${kind}_MODEL`];
    const known = settings.shape[`${kind}_PRICE`].safeParse(given[`${kind}_PRICE`]).data ?? listPrice(model);
    if (known === undefined)
      faults.push(`${kind}_PRICE: must be set, as the price of ${kind}_MODEL is not known`);
    else byModel.set(model, known);
  }
  return { byModel, faults };
}

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
    registration: values.REGISTRATION,
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
      allowsLoopbackOrigins: values.NODE_ENV === 'development',
      introspection: values.INTROSPECTION ?? values.NODE_ENV !== 'production',
      developmentAccount: values.NODE_ENV !== 'production',
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

/** What a configured model costs. `readConfig` refuses settings without a price for one. */
export function priceOf({ provider }: Config, model: string): Price {
  const price = provider.prices.get(model);
  if (price === undefined) throw new Error(`No price is known for the model ${model}.`);
  return price;
}
