import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { PrismaPg } from '@prisma/adapter-pg';
import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import { PrismaClient } from '../../../src/store/generated/prisma/client.ts';
import { childArgument, serveParent } from '../../support/child.ts';
import { cursorOf, globalId, openStatements, pageSizes, rowId } from './statements.ts';

/** The peer: Apollo Server, with Prisma as the documentation of both shows, or on the SQL of the hand-written server. */
const { databaseUrl, ownerId, data } = childArgument(
  z.object({ databaseUrl: z.string(), ownerId: z.string(), data: z.enum(['prisma', 'sql']) }),
);

const typeDefs = `
  type Post {
    id: ID! position: Int! status: String! caption: String hashtags: [String!]! imageUrl: String targetAudience: String!
    version: Int! review: String! createdAt: String! finishedAt: String
  }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type PostEdge { cursor: String! node: Post! }
  type PostConnection { edges: [PostEdge!]! pageInfo: PageInfo! }
  type Campaign { id: ID! name: String! brand: String! channel: String! posts(first: Int): PostConnection! }
  type CampaignEdge { cursor: String! node: Campaign! }
  type CampaignConnection { edges: [CampaignEdge!]! pageInfo: PageInfo! }
  type Query { post(id: ID!): Post campaigns(first: Int!): CampaignConnection! }
`;

type Moment = Date | string;
type Row = { id: string; createdAt: Moment };
type Connection<Node extends Row> = { edges: { node: Node }[]; hasNextPage: boolean };

const toConnection = <Node extends Row>(rows: readonly Node[], size: number): Connection<Node> => ({
  edges: rows.slice(0, size).map((node) => ({ node })),
  hasNextPage: rows.length > size,
});
const isoTime = (at: Moment) => (typeof at === 'string' ? at : at.toISOString());
const cursor = ({ node }: { node: Row }) => cursorOf(isoTime(node.createdAt), node.id);
const pageInfo = ({ edges, hasNextPage }: Connection<Row>) => {
  const [first, last] = [edges[0], edges.at(-1)];
  return {
    hasNextPage,
    hasPreviousPage: false,
    startCursor: first === undefined ? null : cursor(first),
    endCursor: last === undefined ? null : cursor(last),
  };
};

function openPrisma() {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) });
  const newestFirst = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];
  return {
    post: (id: string) => prisma.post.findUnique({ where: { id: rowId(id), ownerId } }),
    campaigns: (ahead: 0 | 1) =>
      prisma.campaign.findMany({
        where: { ownerId },
        orderBy: newestFirst,
        take: pageSizes.campaigns + ahead,
        include: { posts: { orderBy: newestFirst, take: pageSizes.posts + ahead } },
      }),
    close: () => prisma.$disconnect(),
  };
}
const source = data === 'prisma' ? openPrisma() : openStatements(databaseUrl, ownerId);

/** Only who asks for `pageInfo` needs a row more; to know it by the operation's name is the cheapest way. */
const aheadOf = ({ operation }: GraphQLResolveInfo) => (operation.name?.value === 'CampaignPages' ? 1 : 0);

type Context = { host: string };
const resolvers = {
  Query: {
    post: (_root: unknown, { id }: { id: string }) => source.post(id),
    campaigns: async (_root: unknown, _args: unknown, _context: Context, info: GraphQLResolveInfo) =>
      toConnection<Row>(await source.campaigns(aheadOf(info)), pageSizes.campaigns),
  },
  Campaign: {
    id: ({ id }: Row) => globalId('Campaign', id),
    posts: ({ posts }: { posts: Row[] }) => toConnection(posts, pageSizes.posts),
  },
  CampaignEdge: { cursor },
  CampaignConnection: { pageInfo },
  PostEdge: { cursor },
  PostConnection: { pageInfo },
  Post: {
    id: ({ id }: Row) => globalId('Post', id),
    imageUrl: ({ imageKey }: { imageKey: string | null }, _args: unknown, { host }: Context) =>
      imageKey === null ? null : `http://${host}/assets/${imageKey}`,
    createdAt: ({ createdAt }: Row) => isoTime(createdAt),
    finishedAt: ({ finishedAt }: { finishedAt: Moment | null }) =>
      finishedAt === null ? null : isoTime(finishedAt),
  },
};

const server = new ApolloServer<Context>({ typeDefs, resolvers });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => ({ host: req.headers.host ?? '' }),
});
serveParent({
  ready: { url, pid: process.pid },
  close: async () => {
    await server.stop();
    await source.close();
  },
});
