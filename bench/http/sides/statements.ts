import pg from 'pg';

/** Reads of the hand-written server, and of Apollo Server on the same SQL. */
export type Statements = {
  /** @param id a global id. */
  post(id: string): Promise<PostRow | undefined>;
  /** @param ahead rows to read beyond each page, to know whether there are more. */
  campaigns(ahead: 0 | 1): Promise<CampaignRow[]>;
  close(): Promise<void>;
};

export type PostRow = {
  id: string;
  campaignId: string;
  position: number;
  status: string;
  caption: string | null;
  hashtags: string[];
  imageKey: string | null;
  targetAudience: string;
  version: number;
  review: string;
  createdAt: string;
  finishedAt: string | null;
};
type ListedPost = Pick<PostRow, 'id' | 'campaignId' | 'status' | 'caption' | 'createdAt'>;
type Campaign = { id: string; name: string; brand: string; channel: string; createdAt: string };
export type CampaignRow = Campaign & { posts: ListedPost[] };

export const pageSizes = { campaigns: 20, posts: 10 };

const single = {
  name: 'single',
  text: `SELECT id, position, status, caption, hashtags, "imageKey", "targetAudience", version, review, "createdAt", "finishedAt"
         FROM posts WHERE id = $1 AND "ownerId" = $2`,
};
const campaigns = {
  name: 'campaigns',
  text: `SELECT id, name, brand, channel, "createdAt" FROM campaigns WHERE "ownerId" = $1 ORDER BY "createdAt" DESC, id DESC LIMIT $2`,
};
const posts = {
  name: 'posts',
  text: `SELECT p.id, p."campaignId", p.status, p.caption, p."createdAt" FROM unnest($1::uuid[]) AS c(id)
         CROSS JOIN LATERAL (SELECT * FROM posts WHERE "campaignId" = c.id ORDER BY "createdAt" DESC, id DESC LIMIT $2) p`,
};

/** Opens a pool, for the rows of one account. */
export function openStatements(databaseUrl: string, ownerId: string): Statements {
  // Dates are only passed on: they need not become objects on their way.
  pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, isoTime);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  return {
    async post(id) {
      const { rows } = await pool.query<PostRow>({ ...single, values: [rowId(id), ownerId] });
      return rows[0];
    },
    async campaigns(ahead) {
      const { rows } = await pool.query<Campaign>({
        ...campaigns,
        values: [ownerId, pageSizes.campaigns + ahead],
      });
      const found = new Map<string, CampaignRow>(rows.map((row) => [row.id, { ...row, posts: [] }]));
      const shown = rows.slice(0, pageSizes.campaigns).map(({ id }) => id);
      const latest = await pool.query<ListedPost>({ ...posts, values: [shown, pageSizes.posts + ahead] });
      for (const post of latest.rows) found.get(post.campaignId)?.posts.push(post);
      return [...found.values()];
    },
    close: () => pool.end(),
  };
}

export const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');

/** Where a row stands in a list of the newest first. */
export const cursorOf = (createdAt: string, id: string) =>
  Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');

export function rowId(global: string): string {
  return Buffer.from(global, 'base64url').toString().slice('Post:'.length);
}

function isoTime(text: string): string {
  const [day = '', time = ''] = text.split(' ');
  const clock = time.slice(0, -3);
  return `${day}T${clock.includes('.') ? clock.padEnd(12, '0') : `${clock}.000`}Z`;
}
