import { expect, inject, it } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp } from '../support/app.ts';
import { getBatch, waitForBatch } from '../support/batches.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { createMigratedDatabase } from '../support/migrated-database.ts';

/**
 * Makes the first `times` of these writes to the ledger fail as on a full disk, which passes; and counts in `crashes` how often
 * a post's worker is taken for dead.
 */
function troubleAt(databaseUrl: string, write: string, times: number): Promise<unknown> {
  return withPostgres(databaseUrl, (client) =>
    client.query(`
      CREATE SEQUENCE blips;
      CREATE FUNCTION blip() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('blips') <= ${times} THEN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END IF;
          RETURN NEW;
        END $$;
      CREATE TRIGGER blip BEFORE ${write} EXECUTE FUNCTION blip();
      CREATE SEQUENCE crashes;
      CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM nextval('crashes');
          RETURN NEW;
        END $$;
      CREATE TRIGGER crash BEFORE UPDATE ON posts FOR EACH ROW WHEN (NEW.crashes > OLD.crashes) EXECUTE FUNCTION crash();`),
  );
}

it.each([
  {
    what: 'calls are written down',
    write: `INSERT ON provider_calls FOR EACH ROW`,
    times: 3,
  },
  {
    what: 'calls are about to be sent',
    write: `UPDATE ON provider_calls FOR EACH ROW WHEN (NEW.status = 'SENT')`,
    // One more than a post has attempts.
    times: 7,
  },
])(
  'trouble of the database while $what is held against no post: it is run again at once',
  async ({ write, times }) => {
    const DATABASE_URL = await createMigratedDatabase(inject('postgresUrl'));
    await using app = await startTestApp({ DATABASE_URL });
    const account = await signUp(app);
    const campaignId = await createCampaign(account);
    await troubleAt(DATABASE_URL, write, times);
    const batchId = await startBatch(account, { campaignId, postCount: 1 });
    await waitForBatch(account, batchId, 'ends', ({ status }) => status === 'COMPLETED');
    expect(await getBatch(account, batchId)).toMatchObject({
      progress: { completedCount: 1, failedCount: 0 },
    });
    const { rows } = await withPostgres(DATABASE_URL, (client) =>
      client.query('SELECT is_called AS "isCrashed" FROM crashes'),
    );
    expect(rows).toEqual([{ isCrashed: false }]);
  },
);
