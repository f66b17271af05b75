import { z } from 'zod';
import { accountFaults, waitReasons, type WaitReason } from '../domain/errors/provider-errors.ts';
import type { Database } from '../store/database.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Workers report outages of the provider here, and all processes read them. */
export type OutageBoard = {
  /** Reports an outage for the next `ms`. Never throws, never waits. */
  report(code: WaitReason, ms: number): void;
  /** Withdraws this instance's report, and all reports about the account: the provider works. */
  clear(): void;
  /** @returns the code of a current outage; undefined if there is none that this version knows. */
  current(): Promise<WaitReason | undefined>;
};

/** Instances of a later version may report other codes. */
const waitReasonSchema = z.enum(waitReasons).optional().catch(undefined);

/** Creates the board in the database. @param instanceId identifies this process. */
export function createOutageBoard(database: Database, instanceId: string, logger: Logger): OutageBoard {
  const { providerOutage } = database.prisma;
  const inBackground = (work: Promise<unknown>) =>
    void work.catch((error: unknown) =>
      logger.warn({ err: error }, 'could not report the provider’s outage'),
    );
  return {
    report(code, ms) {
      const until = new Date(Date.now() + ms);
      inBackground(
        providerOutage.upsert({
          where: { instanceId },
          create: { instanceId, code, until },
          update: { code, until },
        }),
      );
    },
    clear() {
      inBackground(
        providerOutage.deleteMany({
          where: {
            OR: [{ instanceId }, { code: { in: [...accountFaults] } }, { until: { lt: new Date() } }],
          },
        }),
      );
    },
    async current() {
      const outage = await providerOutage.findFirst({ where: { until: { gt: new Date() } } });
      return waitReasonSchema.parse(outage?.code);
    },
  };
}
