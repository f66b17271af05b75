import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { fromGlobalId, toGlobalId } from '../../src/domain/ids.ts';
import { PrismaClient, type Campaign, type Post } from '../../src/store/generated/prisma/client.ts';
import { childArgument, serveParent } from '../support/child.ts';

/** The peer: Apollo Server with Prisma, built as the documentation of both shows. */
const { databaseUrl, ownerId } = childArgument(z.object({ databaseUrl: z.string(), ownerId: z.string() }));
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl }) });

const typeDefs = `
  type Post {
    id: ID! position: Int! status: String! caption: String hashtags: [String!]! imageUrl: String targetAudience: String!
    version: Int! review: String! createdAt: String! finishedAt: String
  }
  type PostEdge { node: Post! }
  type PostConnection { edges: [PostEdge!]! }
  type Campaign { id: ID! name: String! brand: String! channel: String! posts(first: Int): PostConnection! }
  type CampaignEdge { node: Campaign! }
  type CampaignConnection { edges: [CampaignEdge!]! }
  type Query { post(id: ID!): Post campaigns(first: Int!): CampaignConnection! }
`;

const toConnection = <Row>(rows: Row[]) => ({ edges: rows.map((node) => ({ node })) });
const newestFirst = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];

type Context = { host: string };
type CampaignWithPosts = Campaign & { posts: Post[] };

const resolvers = {
  Query: {
    post: (_root: unknown, { id }: { id: string }) =>
      prisma.post.findUnique({ where: { id: fromGlobalId(id)?.id ?? '', ownerId } }),
    campaigns: async (_root: unknown, { first }: { first: number }) =>
      toConnection(
        await prisma.campaign.findMany({
          where: { ownerId },
          orderBy: newestFirst,
          take: first,
          include: { posts: { orderBy: newestFirst, take: 10 } },
        }),
      ),
  },
  Campaign: {
    id: ({ id }: CampaignWithPosts) => toGlobalId('Campaign', id),
    posts: ({ posts }: CampaignWithPosts) => toConnection(posts),
  },
  Post: {
    id: ({ id }: Post) => toGlobalId('Post', id),
    imageUrl: ({ imageKey }: Post, _args: unknown, { host }: Context) =>
      imageKey === null ? null : `http://${host}/assets/${imageKey}`,
    createdAt: ({ createdAt }: Post) => createdAt.toISOString(),
    finishedAt: ({ finishedAt }: Post) => finishedAt?.toISOString() ?? null,
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
    await prisma.$disconnect();
  },
});
