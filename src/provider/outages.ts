import { accountFaults } from '../domain/errors/provider-errors.ts';
import type { Database } from '../store/database.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Workers report here that the provider cannot be called; everybody reads it. */
export type OutageBoard = {
  /** Reports an outage for the next `ms`. Never throws, never waits. */
  report(code: string, ms: number): void;
  /** Withdraws this instance's report, and all reports about the account: the provider works. */
  clear(): void;
  /** @returns the code of a present outage; undefined if there is none. */
  current(): Promise<string | undefined>;
};

/** @param instanceId identifies this process. */
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
