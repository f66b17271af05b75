import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import type { Price } from './domain/money/pricing.ts';
import { hostNameOf } from './http/request/hosts.ts';

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

export const price = z
  .string()
  .regex(/^\d+(\.\d+)?\/\d+(\.\d+)?$/, 'must be dollars a million tokens as INPUT/OUTPUT, such as 0.75/4.50')
  .transform((text): Price => {
    const [input = 0, output = 0] = text.split('/').map(Number);
    return { input, output };
  });

export const defaultModels = { TEXT: 'gpt-5.4-mini', IMAGE: 'gpt-image-2' };

/** Every setting there is: name, rule, default. The table in README.md is checked against it. */
export const settings = z.object({
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
