import { z } from 'zod';
import * as rules from './rules.ts';

/** What docs/configuration.md says of each setting. */
export const documentation = z.registry<{
  description: string;
  /** What holds where it is not set and has no default value. */
  unset?: string;
}>();

/** A setting. Its description is a sentence or two of Markdown; `unset` is needed where `schema` has no default. */
function setting<Schema extends z.ZodType>(description: string, schema: Schema, unset?: string): Schema {
  documentation.add(schema, unset === undefined ? { description } : { description, unset });
  return schema;
}

const server = {
  HOST: setting('Address it listens on.', rules.text.default('127.0.0.1')),
  PORT: setting('Port it listens on. 0 takes any free one.', rules.port.default(4000)),
  ROLE: setting(
    '`api` answers requests, `worker` makes posts (and serves `/health/` only), `all` does both. Several of each may run at the same time. `api` writes logos and renditions to the store of images, so it needs the right to write there.',
    z.enum(['all', 'api', 'worker'], 'must be all, api or worker').default('all'),
  ),
  NODE_ENV: setting(
    '`development`, `test` or `production`. In production it does not start without `JWT_SECRET`, `DATABASE_URL` and the key of each provider in use, and the schema is hidden.',
    z
      .enum(['development', 'test', 'production'], 'must be development, test or production')
      .default('development'),
  ),
  LOG_LEVEL: setting(
    '`debug`, `info`, `warn`, `error` or `silent`. Logs are JSON lines, in a terminal readable ones.',
    z
      .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
      .default('info'),
  ),
};

const data = {
  DATA_DIR: setting(
    'Folder of the embedded database, the images and the generated token secret. Only the account that runs Pressrun can read it.',
    rules.text.default('.data'),
  ),
  DATABASE_URL: setting(
    'PostgreSQL 15 or newer with its contrib modules (Pressrun creates `pg_trgm` as the owner of the database), such as `postgresql://user:password@host:5432/name`. It must be the server itself, not a pooler such as PgBouncer: Pressrun listens to notifications, prepares statements and watches its connections.',
    rules.postgresUrl.optional(),
    'embedded (PGlite)',
  ),
  ALLOW_EMBEDDED_DATABASE: setting(
    '`true` lets the embedded database do in production, where it otherwise does not start without `DATABASE_URL`.',
    rules.flag.default(false),
  ),
  REDIS_URL: setting(
    'Redis carries live events, shared limits and cached answers between instances. A number at the end names the database, which must exist.',
    rules.redisUrl.optional(),
    'in-process',
  ),
  EVENT_RETENTION_DAYS: setting(
    'How many days progress can be replayed. Older events are deleted every night.',
    rules.positiveIntUpTo(3650).default(30),
  ),
  CACHE: setting(
    '`on` keeps answers to queries until something in them changes. Must be the same on all instances.',
    z.enum(['on', 'off'], 'must be on or off').default('on'),
  ),
  CACHE_MB: setting(
    'Memory of this process that cached answers may take.',
    rules.positiveIntUpTo(4096).default(16),
  ),
};

const images = {
  ASSET_S3_BUCKET: setting(
    "Keeps images in an S3-compatible store; more than one machine needs one. Credentials come from the AWS SDK's own variables.",
    rules.text.optional(),
    'images stay in `DATA_DIR`',
  ),
  ASSET_S3_REGION: setting('Region of that store.', rules.text.default('us-east-1')),
  ASSET_S3_ENDPOINT: setting(
    'Address of that store.',
    rules.httpUrl('https://s3.example.com').optional(),
    'AWS',
  ),
  ASSET_BASE_URL: setting(
    'What stands before `/KEY` in image addresses: a CDN in front of the bucket or of `/assets`, or the public address behind a proxy. Copies of images in other sizes (`Post.image.url`) are made by this server: whatever stands here, their addresses have the host under which the client reaches it.',
    rules.httpUrl('https://cdn.example.com').optional(),
    'this server',
  ),
};

const provider = {
  OPENAI_API_KEY: setting(
    'Key of OpenAI, or of a server with its API.',
    rules.text.optional(),
    'the built-in simulator answers, if all models are those of OpenAI',
  ),
  ALLOW_SIMULATOR: setting(
    '`true` lets the simulator answer in production, where it otherwise does not start without `OPENAI_API_KEY` (except with `ROLE=api`).',
    rules.flag.default(false),
  ),
  OPENAI_BASE_URL: setting(
    "A server with OpenAI's API, such as one started by `npm run simulator`.",
    rules.httpUrl('https://api.openai.com/v1').optional(),
    "OpenAI's",
  ),
  ANTHROPIC_API_KEY: setting('Key of Anthropic.', rules.text.optional(), 'none'),
  ANTHROPIC_BASE_URL: setting(
    "Address of Anthropic's endpoint with OpenAI's API, or of a proxy before it.",
    rules.httpUrl('https://api.anthropic.com/v1').optional(),
    "Anthropic's",
  ),
  GEMINI_API_KEY: setting('Key of Gemini.', rules.text.optional(), 'none'),
  GEMINI_BASE_URL: setting(
    "Address of Gemini's endpoint with OpenAI's API, or of a proxy before it.",
    rules.httpUrl('https://generativelanguage.googleapis.com/v1beta/openai').optional(),
    "Gemini's",
  ),
  OLLAMA_BASE_URL: setting(
    "Address of Ollama's endpoint with OpenAI's API. It needs no key.",
    rules.httpUrl('http://127.0.0.1:11434/v1').optional(),
    '`http://127.0.0.1:11434/v1`',
  ),
  PLANNING: setting(
    '`on` plans the posts of a batch before they are written, so that they differ. `off` writes each from its brief alone, unless its order has rows or asks for a review.',
    z.enum(['on', 'off'], 'must be on or off').default('on'),
  ),
  REWRITING: setting(
    '`on` has a caption in which the checks found something written once more, as far as budgets allow. `off` keeps it with its findings.',
    z.enum(['on', 'off'], 'must be on or off').default('on'),
  ),
  JUDGE: setting(
    '`on` asks a text model, twice for each caption, whether it breaks the voice or the facts of its brand.',
    z.enum(['on', 'off'], 'must be on or off').default('off'),
  ),
  TEXT_MODEL: setting(
    'Models that write, in order, with commas between them: while one is away, the next serves. Each is `provider:model` with `openai`, `anthropic`, `gemini` or `ollama`; a name without a provider is a model of OpenAI.',
    rules.models.prefault('gpt-5.4-mini'),
    '`gpt-5.4-mini`',
  ),
  IMAGE_MODEL: setting(
    'Models that draw, in order. Only those of `openai` do.',
    rules.drawingModels.prefault('gpt-image-2'),
    '`gpt-image-2`',
  ),
  TEXT_PRICE: setting(
    'Dollars a million tokens of the models in `TEXT_MODEL`, in their order, each as `INPUT/OUTPUT` or `list` for the list price: one for each model. Must be set for a model without a known price. Models of Ollama cost nothing.',
    rules.prices.optional(),
    'list price',
  ),
  IMAGE_PRICE: setting('The same for `IMAGE_MODEL`.', rules.prices.optional(), 'list price'),
  IMAGE_QUALITY: setting(
    '`low`, `medium` or `high`.',
    z.enum(['low', 'medium', 'high'], 'must be low, medium or high').default('low'),
  ),
  REQUESTS_PER_MINUTE: setting(
    'Requests that the provider allows a minute, until its answers tell the real limit.',
    rules.positiveInt.default(500),
  ),
  TOKENS_PER_MINUTE: setting(
    'The same for tokens. A provider counts the most that an answer may have: 2,500 for a caption.',
    rules.positiveInt.default(1_000_000),
  ),
  IMAGES_PER_MINUTE: setting('The same for images.', rules.positiveInt.default(250)),
  SIMULATOR_TIME_SCALE: setting(
    'How slow the simulator is. 0.1 is ten times faster.',
    rules.positiveNumber.max(10).default(1),
  ),
  SIMULATOR_SEED: setting('Which texts and images the simulator makes.', rules.wholeNumber.default(1)),
};

const work = {
  POST_SLOTS: setting(
    'Posts that this process writes at the same time. A tenth as many more, at least one, may be regenerated beside them.',
    rules.positiveIntUpTo(1000).optional(),
    "as many as keep the provider's limits busy: from 10 to 200, as far as memory allows",
  ),
  MAX_POST_SLOTS: setting(
    'Posts that all processes together write at the same time.',
    rules.positiveIntUpTo(10_000).default(200),
  ),
  POST_SLOTS_PER_USER: setting(
    'Posts of one workspace that all processes together write at the same time, and as many that they regenerate. Workspaces take turns also without it.',
    rules.positiveIntUpTo(10_000).optional(),
    'any number',
  ),
  MONTHLY_BUDGET: setting(
    'Dollars that each workspace may spend in a calendar month.',
    rules.positiveNumber.optional(),
    'no limit',
  ),
};

const access = {
  JWT_SECRET: setting(
    'Signs access tokens; at least 32 characters. Must be set in production and be the same on all instances.',
    rules.secret.optional(),
    'made and kept in `DATA_DIR`',
  ),
  JWT_PREVIOUS_SECRETS: setting(
    'Secrets, with commas between them, whose tokens still hold. To rotate, put the old `JWT_SECRET` here until its last token has expired.',
    rules.secrets.optional(),
    'none',
  ),
  ACCESS_TOKEN_MINUTES: setting(
    'Lifetime of an access token, from 0.05 to 1440 minutes. `refresh` brings the next one.',
    rules.numberBetween(0.05, 1440).default(15),
  ),
  TRUSTED_PROXIES: setting(
    'Addresses and networks of your proxies, such as `10.0.0.0/8`. `X-Forwarded-For` and `X-Forwarded-Proto` are believed only from them.',
    rules.networks.default([]),
  ),
  ALLOWED_HOSTS: setting(
    'Host names under which clients reach it, such as `api.example.com`, with commas between them. IP addresses, `localhost` and the names in `HOST`, `ALLOWED_ORIGINS` and `ASSET_BASE_URL` are allowed too. Any other is answered with 421, except by `/health/`.',
    rules.hostNames.default([]),
  ),
  ALLOWED_ORIGINS: setting(
    "Origins of browser pages that may call it, such as `https://app.example.com`, besides this server's own. With `NODE_ENV=development`, pages of `localhost`, `127.0.0.1` and `[::1]` may on any port.",
    rules.origins.default([]),
  ),
  INTROSPECTION: setting(
    '`true` serves the schema and GraphiQL.',
    rules.flag.optional(),
    '`true`, in production `false`',
  ),
  PERSISTED_ONLY: setting(
    '`true` runs only the documents of `PERSISTED_DOCUMENTS`, sent by hash or in full.',
    rules.flag.default(false),
  ),
  PERSISTED_DOCUMENTS: setting(
    'JSON file of documents by their SHA-256.',
    rules.text.default('client/generated/persisted-documents.json'),
  ),
};

const limits = {
  RATE_LIMIT_PER_USER: setting('Operations a minute of one workspace.', rules.positiveInt.default(6_000)),
  RATE_LIMIT_PER_ADDRESS: setting(
    'Operations a minute from one network address.',
    rules.positiveInt.default(12_000),
  ),
  RATE_LIMIT_GLOBAL: setting(
    'Operations a minute of all clients of this instance.',
    rules.positiveInt.default(120_000),
  ),
  LOGIN_ATTEMPTS: setting(
    'Wrong passwords for one account from one address in 15 minutes.',
    rules.positiveInt.default(10),
  ),
  LOGIN_ATTEMPTS_PER_ADDRESS: setting(
    'Log-ins from one address in 15 minutes.',
    rules.positiveInt.default(100),
  ),
  REGISTRATION: setting(
    'Who may register: `open` is everybody, `invite` people with an invitation that `npm run invite` prints, `closed` nobody. Users who are there already are not affected.',
    z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed').default('open'),
  ),
  REGISTRATIONS_PER_ADDRESS: setting(
    'Accounts opened from one address in an hour.',
    rules.positiveInt.default(100),
  ),
  MAX_SOCKETS: setting(
    'WebSockets and SSE streams open at this instance.',
    rules.positiveInt.default(10_000),
  ),
  MAX_SOCKETS_PER_ADDRESS: setting('The same from one network address.', rules.positiveInt.default(2_000)),
};

/** Every setting there is, by the heading it stands under in docs/configuration.md. */
export const settingGroups = {
  Server: server,
  Data: data,
  Images: images,
  'AI provider': provider,
  'Work and money': work,
  Access: access,
  Limits: limits,
};

export const settings = z.object({
  ...server,
  ...data,
  ...images,
  ...provider,
  ...work,
  ...access,
  ...limits,
});
