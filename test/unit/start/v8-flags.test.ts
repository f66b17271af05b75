import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { v8Flags } from '../../../src/start/v8-flags.ts';

it('npm start gives Node the flags of V8 that the demo’s server runs with', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));

  expect(scripts.start).toBe(['exec node', ...v8Flags, 'src/main.js'].join(' '));
});
