import { resolve } from 'node:path';
import type { z } from 'zod';
import { listPrice, type Price } from '../domain/money/pricing.ts';
import { hostNamesOf } from '../http/request/allowed-hosts.ts';
import type { HttpSettings } from '../http/settings.ts';
import type { Registration } from '../services/accounts/invitations.ts';
import type { RateLimitSettings } from '../services/accounts/rate-limits.ts';
import { dialects, type Account, type ModelName, type ProviderName } from '../provider/openai/dialects.ts';
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
    models: Models;
    imageQuality: 'low' | 'medium' | 'high';
    /** Of all models, by name. */
    prices: ReadonlyMap<string, Price>;
    accounts: Readonly<Record<ProviderName, Account>>;
    /** Answers in place of OpenAI; undefined: OpenAI itself does, or no model of it is in use. */
    simulator: { timeScale: number; seed: number } | undefined;
  };
  /** Whether posts of a batch are planned before they are written. */
  planning: boolean;
  /** Whether captions with findings are written once more, and whether a model judges them by their brand. */
  checks: { rewrites: boolean; judges: boolean };
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

/** The models that write and those that draw. */
export type Models = { text: Chain; image: Chain };
type Chain = readonly [ModelName, ...ModelName[]];

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
  const models = modelsOf(given);
  const prices = pricesOf(given, models);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...faultsBetween(given, models),
    ...prices.faults,
  ];
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(
      `Some settings are wrong (see docs/configuration.md):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
  }
  return toConfig(parsed.data, prices.byModel, isSimulated(given, models));
}

type Given = Record<string, string | undefined>;
/** Empty where the setting is wrong. */
type GivenModels = { text: readonly ModelName[]; image: readonly ModelName[] };
type Rule = [name: keyof typeof settings.shape, isNeeded: boolean, rule: string];

/** @returns the models of settings that are right. */
function modelsOf(given: Given): GivenModels {
  const { TEXT_MODEL: text, IMAGE_MODEL: image } = settings.shape;
  return {
    text: text.safeParse(given['TEXT_MODEL']).data ?? [],
    image: image.safeParse(given['IMAGE_MODEL']).data ?? [],
  };
}

/** Whether the simulator answers: nobody but OpenAI is to, and it has no key. */
function isSimulated(given: Given, { text, image }: GivenModels): boolean {
  const isOfOpenAi = ({ provider }: ModelName) => provider === 'openai';
  return given['OPENAI_API_KEY'] === undefined && [...text, ...image].every(isOfOpenAi);
}

/** The keys that the providers of the models need. */
function keyRules(given: Given, models: GivenModels): Rule[] {
  if (isSimulated(given, models) || given['ROLE'] === 'api') return [];
  const users = new Map([
    ...models.image.map(({ provider }) => [provider, 'IMAGE_MODEL'] as const),
    ...models.text.map(({ provider }) => [provider, 'TEXT_MODEL'] as const),
  ]);
  return [...users].flatMap(([provider, user]): Rule[] => {
    const { keySetting } = dialects[provider];
    if (keySetting === undefined) return [];
    return [[keySetting, true, `must be set, as ${user} has a model of ${provider}`]];
  });
}

/** What is wrong with settings that depend on each other. */
function faultsBetween(given: Given, models: GivenModels): string[] {
  const isSet = (name: keyof typeof settings.shape) => given[name] !== undefined;
  const isProduction = given['NODE_ENV'] === 'production';
  const isSplit = ['api', 'worker'].includes(given['ROLE'] ?? '');
  const rules: Rule[] = [
    ['JWT_SECRET', isProduction, 'must be set in production; make one with: openssl rand -base64 48'],
    [
      'DATABASE_URL',
      isProduction && !isSplit && given['ALLOW_EMBEDDED_DATABASE'] !== 'true',
      'must be set in production, unless ALLOW_EMBEDDED_DATABASE=true lets the embedded database do',
    ],
    [
      'OPENAI_API_KEY',
      // A process of the API calls no provider.
      isProduction &&
        isSimulated(given, models) &&
        given['ROLE'] !== 'api' &&
        given['ALLOW_SIMULATOR'] !== 'true',
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
  return [...rules, ...keyRules(given, models)]
    .filter(([name, isNeeded]) => isNeeded && !isSet(name))
    .map(([name, , rule]) => `${name}: ${rule}`);
}

/** The price of each model: the one that is set, or else its list price. */
function pricesOf(
  given: Given,
  models: GivenModels,
): { byModel: ReadonlyMap<string, Price>; faults: string[] } {
  const byModel = new Map<string, Price>();
  const faults: string[] = [];
  for (const [kind, named] of [['TEXT', models.text] as const, ['IMAGE', models.image] as const]) {
    const set = settings.shape[`${kind}_PRICE`].safeParse(given[`${kind}_PRICE`]).data ?? [];
    const isOneEach = set.length === 0 || named.length === 0 || set.length === named.length;
    if (!isOneEach) faults.push(`${kind}_PRICE: must have one price for each model of ${kind}_MODEL`);
    for (const [index, { name }] of named.entries()) {
      const known = set[index] ?? listPrice(name);
      if (known !== undefined) byModel.set(name, known);
      else
        faults.push(
          `${kind}_PRICE: must be set, as the price of model ${index + 1} of ${kind}_MODEL is not known: INPUT/OUTPUT, in dollars a million tokens. ` +
            `Or mend ${kind}_MODEL: its providers are ${Object.keys(dialects).join(', ')}`,
        );
    }
  }
  return { byModel, faults };
}

function toConfig(
  values: z.infer<typeof settings>,
  prices: ReadonlyMap<string, Price>,
  simulated: boolean,
): Config {
  return {
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    provider: {
      models: { text: values.TEXT_MODEL, image: values.IMAGE_MODEL },
      imageQuality: values.IMAGE_QUALITY,
      prices,
      accounts: {
        openai: { apiKey: values.OPENAI_API_KEY, baseUrl: values.OPENAI_BASE_URL },
        anthropic: { apiKey: values.ANTHROPIC_API_KEY, baseUrl: values.ANTHROPIC_BASE_URL },
        gemini: { apiKey: values.GEMINI_API_KEY, baseUrl: values.GEMINI_BASE_URL },
        ollama: { apiKey: undefined, baseUrl: values.OLLAMA_BASE_URL },
      },
      simulator: simulated
        ? { timeScale: values.SIMULATOR_TIME_SCALE, seed: values.SIMULATOR_SEED }
        : undefined,
    },
    planning: values.PLANNING === 'on',
    checks: { rewrites: values.REWRITING === 'on', judges: values.JUDGE === 'on' },
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
