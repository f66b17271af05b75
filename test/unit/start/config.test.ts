import { expect, it } from 'vitest';
import { configurationPage } from '../../../scripts/configuration-page.ts';
import { readConfig } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/environment.ts';
import { settings } from '../../../src/config/settings.ts';

it('needs no setting at all: database, bus and provider are embedded', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: undefined,
    redisUrl: undefined,
    provider: {
      simulator: { timeScale: 1, seed: 1 },
      models: { text: [{ name: 'gpt-5.4-mini' }], image: [{ name: 'gpt-image-2' }] },
    },
    postSlots: undefined,
  });
});

it('switches database, bus and provider each on its own', () => {
  expect(readConfig({ DATABASE_URL: 'postgresql://localhost/x' })).toMatchObject({
    databaseUrl: 'postgresql://localhost/x',
    redisUrl: undefined,
    provider: { simulator: expect.anything() },
  });
  expect(readConfig({ OPENAI_API_KEY: 'sk-x' })).toMatchObject({
    databaseUrl: undefined,
    provider: { simulator: undefined },
  });
});

it('counts an empty value as not set', () => {
  expect(readConfig({ DATABASE_URL: '', PORT: '' })).toMatchObject({ databaseUrl: undefined, port: 4000 });
});

it('names every faulty setting at once, and echoes no value', () => {
  const faulty = {
    PORT: 'abc',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    JWT_SECRET: 'hunter2',
    POST_SLOTS: '0',
    TEXT_MODEL: 'unheard-of',
    OPENAI_BASE_URL: 'https://hunter2.example.com',
  };
  const read = () => readConfig(faulty);
  expect(read).toThrow(ConfigError);
  for (const name of ['PORT', 'DATABASE_URL', 'JWT_SECRET', 'POST_SLOTS', 'OPENAI_API_KEY'])
    expect(read).toThrow(`${name}: must`);
  expect(read).not.toThrow(/hunter2|abc/);
});

it('refuses a model whose price it does not know, until the price is set', () => {
  expect(() => readConfig({ IMAGE_MODEL: 'unheard-of' })).toThrow('IMAGE_PRICE: must be set');
  const { provider } = readConfig({ IMAGE_MODEL: 'unheard-of', IMAGE_PRICE: '5/30' });
  expect(provider.prices.get('unheard-of')).toEqual({ input: 5, output: 30 });
});

it('takes models of other providers, each with its key', () => {
  const given = { TEXT_MODEL: 'anthropic:claude-haiku-4-5', TEXT_PRICE: '1/5', OPENAI_API_KEY: 'sk-x' };
  expect(() => readConfig(given)).toThrow(
    'ANTHROPIC_API_KEY: must be set, as TEXT_MODEL has a model of anthropic',
  );
  const { provider } = readConfig({ ...given, ANTHROPIC_API_KEY: 'key', ANTHROPIC_BASE_URL: 'http://proxy' });
  expect(provider).toMatchObject({
    models: { text: [{ provider: 'anthropic', model: 'claude-haiku-4-5', name: given.TEXT_MODEL }] },
    accounts: { anthropic: { apiKey: 'key', baseUrl: 'http://proxy' } },
    simulator: undefined,
  });
  expect(provider.prices.get(given.TEXT_MODEL)).toEqual({ input: 1, output: 5 });
});

it('needs the key of OpenAI for its models where another provider writes', () => {
  expect(() => readConfig({ TEXT_MODEL: 'ollama:llama3.2:3b' })).toThrow(
    'OPENAI_API_KEY: must be set, as IMAGE_MODEL has a model of openai',
  );
  const { provider } = readConfig({ TEXT_MODEL: 'ollama:llama3.2:3b', OPENAI_API_KEY: 'sk-x' });
  expect(provider.models.text[0]).toMatchObject({ provider: 'ollama', model: 'llama3.2:3b' });
  expect(provider.prices.get('ollama:llama3.2:3b')).toEqual({ input: 0, output: 0 });
});

it('counts a name without a provider as a model of OpenAI, under the same name as with it', () => {
  const names = (TEXT_MODEL: string) =>
    readConfig({ TEXT_MODEL, TEXT_PRICE: '1/5' }).provider.models.text.map(({ name }) => name);
  expect(names('openai:gpt-5.4-mini')).toEqual(['gpt-5.4-mini']);
  expect(names('ft:gpt-5.4-mini:acme::1')).toEqual(['ft:gpt-5.4-mini:acme::1']);
});

it('takes models in order, with prices in the same order', () => {
  const { provider } = readConfig({
    TEXT_MODEL: 'gpt-5.4-mini, anthropic:claude-haiku-4-5, ollama:llama3.2',
    TEXT_PRICE: 'list, 1/5, list',
    OPENAI_API_KEY: 'sk-x',
    ANTHROPIC_API_KEY: 'key',
  });
  expect(provider.models.text.map(({ name }) => [name, provider.prices.get(name)])).toEqual([
    ['gpt-5.4-mini', { input: 0.75, output: 4.5 }],
    ['anthropic:claude-haiku-4-5', { input: 1, output: 5 }],
    ['ollama:llama3.2', { input: 0, output: 0 }],
  ]);
});

it.each([
  [{ TEXT_MODEL: 'gpt-5.4-mini,openai:gpt-5.4-mini' }, 'TEXT_MODEL: must name each model once'],
  [{ TEXT_MODEL: 'gpt-5.4-mini,ollama:llama3.2' }, 'OPENAI_API_KEY: must be set'],
  [{ TEXT_MODEL: 'gpt-5.4,gemini:x', TEXT_PRICE: '1/5' }, 'TEXT_PRICE: must have one price for each model'],
  [{ TEXT_PRICE: ',0.1/0.2' }, 'TEXT_PRICE: must be dollars a million tokens'],
  [{ TEXT_MODEL: 'constructor' }, 'TEXT_PRICE: must be set'],
  [
    { TEXT_MODEL: 'mistral:large' },
    'Or mend TEXT_MODEL: its providers are openai, anthropic, gemini, ollama',
  ],
  [{ TEXT_MODEL: 'antropic:claude-haiku-4-5' }, 'Did you mean anthropic:?'],
  [{ TEXT_MODEL: 'Anthropic:claude-haiku-4-5' }, 'Did you mean anthropic:?'],
  [
    { TEXT_MODEL: 'gpt-5.4,gemini:x', TEXT_PRICE: '1/5,list' },
    'the price of model 2 of TEXT_MODEL is not known',
  ],
  [{ TEXT_MODEL: 'anthropic:' }, 'TEXT_MODEL: must be models such as'],
  [{ TEXT_MODEL: ',' }, 'TEXT_MODEL: must be models such as'],
  [{ IMAGE_MODEL: 'ollama:llava' }, 'IMAGE_MODEL: must be models of openai'],
  [{ TEXT_PRICE: '1/5,1/5' }, 'TEXT_PRICE: must have one price for each model'],
  [{ TEXT_PRICE: '1' }, 'TEXT_PRICE: must be dollars a million tokens'],
  [{ TEXT_MODEL: 'gemini:gemini-2.5-flash' }, 'GEMINI_API_KEY: must be set'],
])('refuses %j', (given, fault) => {
  expect(() => readConfig(given)).toThrow(fault);
});

it('does not start in production without a secret of its own', () => {
  expect(() => readConfig({ NODE_ENV: 'production' })).toThrow('JWT_SECRET: must be set in production');
});

const production = { NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) };

it('does not start in production on the embedded database without a word of consent', () => {
  const settings = { ...production, OPENAI_API_KEY: 'sk-x' };
  expect(() => readConfig(settings)).toThrow(
    'DATABASE_URL: must be set in production, unless ALLOW_EMBEDDED_DATABASE=true',
  );
  expect(readConfig({ ...settings, ALLOW_EMBEDDED_DATABASE: 'true' }).databaseUrl).toBeUndefined();
});

it('does not start in production on the simulator without a word of consent', () => {
  const settings = { ...production, DATABASE_URL: 'postgresql://localhost/x' };
  expect(() => readConfig(settings)).toThrow(
    'OPENAI_API_KEY: must be set in production, unless ALLOW_SIMULATOR=true',
  );
  expect(readConfig({ ...settings, ALLOW_SIMULATOR: 'true' }).provider.simulator).toBeDefined();
});

it('needs no key of a provider in production where it only serves the API', () => {
  const settings = { ...production, DATABASE_URL: 'postgresql://localhost/x', ROLE: 'api' };
  expect(() => readConfig(settings)).not.toThrow();
});

it('has a page with a description and a default of every setting', () => {
  const rows = configurationPage().matchAll(/^\| `(\w+)` \| \S.* \| \S.* \|$/gm);
  expect([...rows].map(([, name]) => name)).toEqual(Object.keys(settings.shape));
});
