import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import { z } from 'zod';
import { childArgument, serveParent } from '../support/child.ts';

/**
 * What Pressrun is held against: `http` and `pg`, with the statements and the JSON of one client and nothing
 * else. No authentication, no limits, no log, no GraphQL.
 */
const { databaseUrl, ownerId } = childArgument(z.object({ databaseUrl: z.string(), ownerId: z.string() }));
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });

// Dates are only passed on: they need not become objects on their way.
const isoTime = (text: string) => {
  const [day = '', time = ''] = text.split(' ');
  const clock = time.slice(0, -3);
  return `${day}T${clock.includes('.') ? clock.padEnd(12, '0') : `${clock}.000`}Z`;
};
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, isoTime);

const globalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
const idOf = (global: string) => Buffer.from(global, 'base64url').toString().slice('Post:'.length);

const single = {
  name: 'single',
  text: `SELECT id, position, status, caption, hashtags, "imageKey", "targetAudience", version, review, "createdAt", "finishedAt"
         FROM posts WHERE id = $1 AND "ownerId" = $2`,
};

async function readSingle(id: string, host: string): Promise<object> {
  const { rows } = await pool.query({ ...single, values: [idOf(id), ownerId] });
  const [row] = rows;
  const { imageKey, ...post } = row;
  return {
    post: {
      id: globalId('Post', post.id),
      position: post.position,
      status: post.status,
      caption: post.caption,
      hashtags: post.hashtags,
      imageUrl: imageKey === null ? null : `http://${host}/assets/${imageKey}`,
      targetAudience: post.targetAudience,
      version: post.version,
      review: post.review,
      createdAt: post.createdAt,
      finishedAt: post.finishedAt,
    },
  };
}

const campaigns = {
  name: 'campaigns',
  text: `SELECT id, name, brand, channel FROM campaigns WHERE "ownerId" = $1 ORDER BY "createdAt" DESC, id DESC LIMIT 20`,
};
const posts = {
  name: 'posts',
  text: `SELECT p.id, p."campaignId", p.status, p.caption, p."createdAt" FROM unnest($1::uuid[]) AS c(id)
         CROSS JOIN LATERAL (SELECT * FROM posts WHERE "campaignId" = c.id ORDER BY "createdAt" DESC, id DESC LIMIT 10) p`,
};

async function readList(): Promise<object> {
  const { rows } = await pool.query({ ...campaigns, values: [ownerId] });
  const edgesOf = new Map<string, object[]>(rows.map(({ id }) => [id, []]));
  const latest = await pool.query({ ...posts, values: [[...edgesOf.keys()]] });
  for (const { id, campaignId, status, caption, createdAt } of latest.rows) {
    edgesOf.get(campaignId)?.push({ node: { id: globalId('Post', id), status, caption, createdAt } });
  }
  const edges = rows.map(({ id, name, brand, channel }) => ({
    node: { id: globalId('Campaign', id), name, brand, channel, posts: { edges: edgesOf.get(id) } },
  }));
  return { campaigns: { edges } };
}

const hello = JSON.stringify({ data: { __typename: 'Query' } });

/** Each shape has its path: nothing has to be found out. */
async function answer(request: IncomingMessage, body: string): Promise<string> {
  if (request.url === '/hello') return hello;
  if (request.url === '/list') return JSON.stringify({ data: await readList() });
  return JSON.stringify({
    data: await readSingle(JSON.parse(body).variables.id, request.headers.host ?? ''),
  });
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => void answer(request, body).then((text) => send(response, text)));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  serveParent({
    ready: { url: `http://127.0.0.1:${port}`, pid: process.pid },
    close: async () => {
      server.closeAllConnections();
      await pool.end();
    },
  });
});
