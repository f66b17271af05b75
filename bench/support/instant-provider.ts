import { z } from 'zod';
import { startChild } from './child.ts';

/**
 * Starts a provider that answers at once, in another process. The simulator would not do: it draws pictures,
 * 50 ms of CPU each.
 */
export async function startInstantProvider() {
  const child = await startChild(
    new URL('instant-provider-child.ts', import.meta.url),
    {},
    {
      ready: z.object({ url: z.string() }),
      report: z.object({ arrivalsMs: z.array(z.number()) }),
    },
  );
  return {
    url: child.ready.url,
    /** What Pressrun has to be told of it. */
    settings: {
      OPENAI_API_KEY: 'instant',
      OPENAI_BASE_URL: child.ready.url,
      REQUESTS_PER_MINUTE: '10000000',
      TOKENS_PER_MINUTE: '10000000000',
      IMAGES_PER_MINUTE: '10000000',
    },
    /** When calls came since this was last asked, on the machine's monotonic clock. */
    arrivalsMs: async () => (await child.report()).arrivalsMs,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

export type InstantProvider = Awaited<ReturnType<typeof startInstantProvider>>;
