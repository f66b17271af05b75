import type { PrismaClient } from '../../src/store/generated/prisma/client.ts';
import { signUp, startTestApp } from './app.ts';
import { rowId } from './workspaces.ts';

/** An app that plans batches, and its database. */
export async function startPlanner(settings: Record<string, string> = {}) {
  let prisma: PrismaClient | undefined;
  const app = await startTestApp(
    { PLANNING: 'on', ...settings },
    {
      names: [],
      // Called again by each restart.
      create(tools) {
        prisma = tools.database.prisma;
        return [];
      },
    },
  );
  return {
    app,
    account: await signUp(app),
    ...plansOf(() => {
      if (prisma === undefined) throw new Error('the app has no worker');
      return prisma;
    }),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

/** What there is of the plan of a batch, which a global id names. */
function plansOf(prisma: () => PrismaClient) {
  return {
    prisma,
    items: (batchId: string) =>
      prisma().planItem.findMany({ where: { batchId: rowId(batchId) }, orderBy: { position: 'asc' } }),
    posts: (batchId: string) =>
      prisma().post.findMany({ where: { batchId: rowId(batchId) }, orderBy: { position: 'asc' } }),
    /** The calls that planned it, and how they ended, by their names. */
    async calls(batchId: string) {
      const calls = await prisma().providerCall.findMany({
        where: { subjectId: rowId(batchId) },
        orderBy: [{ step: 'asc' }, { id: 'asc' }],
      });
      return calls.map(({ step, status }) => `${step} ${status}`);
    },
    async imagesBought(batchId: string): Promise<number> {
      return prisma().providerCall.count({
        where: { batchId: rowId(batchId), step: { startsWith: 'image' }, status: 'SETTLED' },
      });
    },
    /** The types of its events, in order. @throws if a number is missing. */
    async events(batchId: string): Promise<string[]> {
      const events = await prisma().event.findMany({
        where: { streamId: rowId(batchId) },
        orderBy: { seq: 'asc' },
      });
      events.forEach(({ seq }, index) => {
        if (seq !== index + 1) throw new Error(`event ${index + 1} is missing`);
      });
      return events.map(({ type }) => type);
    },
  };
}
