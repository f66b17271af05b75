import { Client } from 'pg';
import { z } from 'zod';

/**
 * Triggers that write down, in the transactions themselves, which worker took which post (its
 * job, then its lease) and stored which
 * result. Each worker has a role of its own, so that the database knows who writes.
 */
const instruments = `
  CREATE SCHEMA chaos;
  CREATE TABLE chaos.claims (post_id uuid, worker text, at timestamptz DEFAULT clock_timestamp());
  CREATE TABLE chaos.results (post_id uuid, worker text, at timestamptz DEFAULT clock_timestamp());
  CREATE INDEX ON chaos.claims (post_id, at);
  CREATE FUNCTION chaos.tell(kind text, post uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('chaos', json_build_object('kind', kind, 'worker', current_user, 'postId', post)::text) $$;
  CREATE FUNCTION chaos.on_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos.claims (post_id, worker) VALUES (NEW."subjectId", current_user);
    RETURN NULL; END $$;
  CREATE FUNCTION chaos.on_fetch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos.claims (post_id, worker)
    SELECT "subjectId", current_user FROM runs WHERE id = (NEW.data->>'runId')::uuid;
    RETURN NULL; END $$;
  CREATE FUNCTION chaos.on_result() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos.results (post_id, worker) VALUES (NEW.id, current_user);
    PERFORM chaos.tell('stored', NEW.id);
    RETURN NULL; END $$;
  CREATE FUNCTION chaos.on_call() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM chaos.tell('settled', NEW."subjectId");
    RETURN NULL; END $$;
  CREATE TRIGGER fetched AFTER UPDATE ON pgboss.job FOR EACH ROW
    WHEN (NEW.data ? 'runId' AND NEW.state = 'active' AND OLD.state <> 'active') EXECUTE FUNCTION chaos.on_fetch();
  CREATE TRIGGER claimed AFTER UPDATE ON runs FOR EACH ROW
    WHEN (NEW."leaseId" IS NOT NULL AND NEW."leaseId" IS DISTINCT FROM OLD."leaseId") EXECUTE FUNCTION chaos.on_claim();
  CREATE TRIGGER stored AFTER UPDATE ON posts FOR EACH ROW
    WHEN (NEW.caption IS NOT NULL) EXECUTE FUNCTION chaos.on_result();
  CREATE TRIGGER settled AFTER UPDATE ON provider_calls FOR EACH ROW
    WHEN (NEW.status = 'SETTLED') EXECUTE FUNCTION chaos.on_call();`;

const noteSchema = z.object({ kind: z.enum(['stored', 'settled']), worker: z.string(), postId: z.uuid() });

/** What a worker has just committed: the answer of a call in the ledger, or a post's result. */
export type Note = z.infer<typeof noteSchema>;

export type Witness = AsyncDisposable & {
  /** Hears of every commit of note. Lost for good when the database ends the connection. */
  onNote(listener: (note: Note) => void): () => void;
  /** Rows of a query of the checks' own. @throws ZodError where they have another shape. */
  rows<T extends z.ZodType>(shape: T, sql: string, parameters?: unknown[]): Promise<z.output<T>[]>;
};

/** @returns the address of the same database for a role of that name, which is made. */
export async function addRole(url: string, name: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE ROLE ${name} SUPERUSER LOGIN`);
  } finally {
    await client.end();
  }
  const own = new URL(url);
  own.username = name;
  return own.href;
}

/** Puts the instruments into a database that Pressrun has migrated, and listens to them. */
export async function openWitness(url: string): Promise<Witness> {
  const listeners = new Set<(note: Note) => void>();
  const ears = await connect(url);
  ears.on('notification', ({ payload }) => {
    const note = noteSchema.parse(JSON.parse(payload ?? ''));
    for (const listener of listeners) listener(note);
  });
  await ears.query(instruments);
  await ears.query('LISTEN chaos');
  let asking = await connect(url);
  let isLost = false;
  asking.on('error', () => (isLost = true));
  return {
    onNote(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async rows(shape, sql, parameters = []) {
      if (isLost) {
        asking = await connect(url);
        isLost = false;
        asking.on('error', () => (isLost = true));
      }
      const { rows } = await asking.query(sql, parameters);
      return z.array(shape).parse(rows);
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([ears.end(), asking.end()]);
    },
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 20_000,
    query_timeout: 60_000,
  });
  // Services are ended on purpose; the next query tells.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
