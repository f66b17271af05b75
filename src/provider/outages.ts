import { accountFaults } from '../domain/errors/provider-errors.ts';
import type { Database } from '../store/database.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Where workers tell, and everybody reads, that the provider is not called for a while. */
export type OutageBoard = {
  /** Tells of an outage; forgotten after `ms` where it is not told again. Never throws, never waits. */
  report(code: string, ms: number): void;
  /** Takes back what this instance has told, and what others have told of the account: it works. */
  clear(): void;
  /** @returns the code of an outage that holds now, undefined where there is none. */
  current(): Promise<string | undefined>;
};

/** @param instanceId names this process. */
export function createOutageBoard(database: Database, instanceId: string, logger: Logger): OutageBoard {
  const { providerOutage } = database.prisma;
  const tell = (work: Promise<unknown>) =>
    void work.catch((error: unknown) =>
      logger.warn({ err: error }, 'could not tell of the provider’s outage'),
    );
  return {
    report(code, ms) {
      const until = new Date(Date.now() + ms);
      tell(
        providerOutage.upsert({
          where: { instanceId },
          create: { instanceId, code, until },
          update: { code, until },
        }),
      );
    },
    clear() {
      tell(
        providerOutage.deleteMany({
          where: {
            OR: [{ instanceId }, { code: { in: [...accountFaults] } }, { until: { lt: new Date() } }],
          },
        }),
      );
    },
    async current() {
      const outage = await providerOutage.findFirst({ where: { until: { gt: new Date() } } });
      return outage?.code;
    },
  };
}
