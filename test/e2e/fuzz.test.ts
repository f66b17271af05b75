import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/run.ts';
import { startTestApp } from '../support/app.ts';

it('2,000 generated operations with hostile values bring it to no crash and to no unmasked error', async () => {
  await using app = await startTestApp();
  const { requests, answeredWithData, faults } = await fuzz(app, 2_000, 7);
  expect(requests).toBe(2_000);
  // Enough of them get past validation to mean something.
  expect(answeredWithData).toBeGreaterThan(200);
  expect(faults).toEqual([]);
});
