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
    provider: { kind: 'simulator', textModel: 'gpt-5.4-mini', imageModel: 'gpt-image-2' },
    postSlots: undefined,
  });
});

it('switches database, bus and provider each on its own', () => {
  expect(readConfig({ DATABASE_URL: 'postgresql://localhost/x' })).toMatchObject({
    databaseUrl: 'postgresql://localhost/x',
    redisUrl: undefined,
    provider: { kind: 'simulator' },
  });
  expect(readConfig({ OPENAI_API_KEY: 'sk-x' })).toMatchObject({
    databaseUrl: undefined,
    provider: { kind: 'openai' },
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
  expect(readConfig({ ...settings, ALLOW_SIMULATOR: 'true' }).provider.kind).toBe('simulator');
});

it('needs no key of a provider in production where it only serves the API', () => {
  const settings = { ...production, DATABASE_URL: 'postgresql://localhost/x', ROLE: 'api' };
  expect(() => readConfig(settings)).not.toThrow();
});

it('has a page with a description and a default of every setting', () => {
  const rows = configurationPage().matchAll(/^\| `(\w+)` \| \S.* \| \S.* \|$/gm);
  expect([...rows].map(([, name]) => name)).toEqual(Object.keys(settings.shape));
});
