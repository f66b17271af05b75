import { expect, it } from 'vitest';
import { unknownSettings } from '../../../src/config/unknown-settings.ts';

it('names the setting that a name in .env was meant to be', () => {
  expect(unknownSettings({ file: { DATABSE_URL: 'postgresql://sesame@db/x' }, process: {} })).toEqual([
    'DATABSE_URL in .env is not a setting and has no effect. Did you mean DATABASE_URL?',
  ]);
});

it('names every other unknown name in .env as well, as that file is for Pressrun alone', () => {
  expect(unknownSettings({ file: { AWS_PROFILE: 'sesame', PORT: '1' }, process: {} })).toEqual([
    'AWS_PROFILE in .env is not a setting and has no effect. docs/configuration.md lists all settings.',
  ]);
});

it.each([
  ['DATABSE_URL', 'Did you mean DATABASE_URL?'],
  ['redis_url', 'Did you mean REDIS_URL?'],
  ['OPENAI_APIKEY', 'Did you mean OPENAI_API_KEY?'],
  ['RATE_LIMIT_PER_WORKSPACE', 'docs/configuration.md lists all settings.'],
])('tells %s in the environment from the variables of others', (name, hint) => {
  expect(unknownSettings({ file: {}, process: { [name]: 'sesame' } })).toEqual([
    `${name} is not a setting and has no effect. ${hint}`,
  ]);
});

it('says nothing of variables that belong to others, however short', () => {
  const foreign = ['PATH', 'POST', 'HOME', 'SHELL', 'HOSTS', 'NODE_PATH', 'AWS_REGION', 'PGPORT'];
  const process = Object.fromEntries(foreign.map((name) => [name, 'x']));
  expect(unknownSettings({ file: {}, process })).toEqual([]);
});
