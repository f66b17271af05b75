import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { childArgument, serveParent } from '../../support/child.ts';
import { cursorOf, globalId, openStatements, pageSizes } from './statements.ts';

/**
 * What Pressrun is held against: `http` and `pg`, with the statements and the JSON of one client and nothing
 * else. No authentication, no limits, no log, no GraphQL.
 */
const { databaseUrl, ownerId } = childArgument(z.object({ databaseUrl: z.string(), ownerId: z.string() }));
const statements = openStatements(databaseUrl, ownerId);

async function readSingle(id: string, host: string): Promise<object> {
  const post = await statements.post(id);
  if (post === undefined) return { post: null };
  return {
    post: {
      id: globalId('Post', post.id),
      position: post.position,
      status: post.status,
      caption: post.caption,
      hashtags: post.hashtags,
      imageUrl: post.imageKey === null ? null : `http://${host}/assets/${post.imageKey}`,
      targetAudience: post.targetAudience,
      version: post.version,
      review: post.review,
      createdAt: post.createdAt,
      finishedAt: post.finishedAt,
    },
  };
}

async function readList(): Promise<object> {
  const edges = (await statements.campaigns(0)).map(({ id, name, brand, channel, posts }) => {
    const nodes = posts.map(({ id, status, caption, createdAt }) => ({
      node: { id: globalId('Post', id), status, caption, createdAt },
    }));
    return { node: { id: globalId('Campaign', id), name, brand, channel, posts: { edges: nodes } } };
  });
  return { campaigns: { edges } };
}

async function readPages(): Promise<object> {
  const edges = (await statements.campaigns(1)).map(({ id, name, brand, channel, createdAt, posts }) => {
    const nodes = posts.map(({ id, status, caption, createdAt }) => ({
      cursor: cursorOf(createdAt, id),
      node: { id: globalId('Post', id), status, caption, createdAt },
    }));
    const node = {
      id: globalId('Campaign', id),
      name,
      brand,
      channel,
      posts: pageOf(nodes, pageSizes.posts),
    };
    return { cursor: cursorOf(createdAt, id), node };
  });
  return { campaigns: pageOf(edges, pageSizes.campaigns) };
}

/** @param found one more than the page has, where the list goes on. */
function pageOf(found: { cursor: string }[], size: number) {
  const edges = found.slice(0, size);
  const pageInfo = {
    hasNextPage: found.length > size,
    hasPreviousPage: false,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { edges, pageInfo };
}

const hello = JSON.stringify({ data: { __typename: 'Query' } });

/** Each shape has its path: nothing has to be found out. */
async function answer(request: IncomingMessage, body: string): Promise<string> {
  if (request.url === '/hello') return hello;
  if (request.url === '/list') return JSON.stringify({ data: await readList() });
  if (request.url === '/pages') return JSON.stringify({ data: await readPages() });
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
      await statements.close();
    },
  });
});
