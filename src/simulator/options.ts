import { z } from 'zod';
import { DialectNameSchema } from './dialects.ts';
import { FaultKindSchema } from './behaviour/faults.ts';
import type { FaultRule } from './behaviour/faults.ts';

/** Range of latencies: drawn log-normal and clipped to the range. */
const LatencyRangeSchema = z
  .strictObject({ p05: z.number().nonnegative(), p95: z.number().nonnegative() })
  .refine(({ p05, p95 }) => p05 <= p95, { error: 'p05 must not be greater than p95' });
export type LatencyRange = z.output<typeof LatencyRangeSchema>;

const LatencySchema = z.strictObject({
  captionLatencyMs: LatencyRangeSchema,
  imageLatencyMs: LatencyRangeSchema,
  embeddingLatencyMs: LatencyRangeSchema,
  /** Every call takes the middle of its range, for measurements without randomness. */
  fixedLatency: z.boolean(),
});
export type Latency = z.output<typeof LatencySchema>;

const LimitsSchema = z.strictObject({
  requestsPerMinute: z.number().positive(),
  tokensPerMinute: z.number().positive(),
  imagesPerMinute: z.number().positive(),
  /** A limit is enforced over this many seconds of its minute. This bounds how much may come at once. */
  burstSeconds: z.number().positive().max(60),
});
export type Limits = z.output<typeof LimitsSchema>;

/** A change at run time names only what changes. */
export const LimitsChangeSchema = LimitsSchema.partial();
export const LatencyChangeSchema = LatencySchema.partial();
export type LimitsChange = z.output<typeof LimitsChangeSchema>;
export type LatencyChange = z.output<typeof LatencyChangeSchema>;

const OptionsSchema = z.strictObject({
  ...LatencySchema.shape,
  /** The provider whose endpoint it plays. */
  dialect: DialectNameSchema,
  seed: z.int().nonnegative(),
  /** 1 is real time, 0.01 a hundred times faster: latencies, the minute of the limits, reset and retry headers. */
  timeScale: z.number().positive(),
  limits: LimitsSchema,
  /** The only keys that are accepted. Default: any key. */
  apiKeys: z.array(z.string().min(1)).optional(),
  /** Share of all calls with each kind of fault, 0 to 1. */
  faults: z.partialRecord(FaultKindSchema, z.number().min(0).max(1)),
});
export type SimulatorOptions = z.output<typeof OptionsSchema>;

export const SettingsSchema = OptionsSchema.extend({ limits: LimitsChangeSchema }).partial();
/** What a caller may set; everything else has its default. */
export type SimulatorSettings = z.output<typeof SettingsSchema>;

const DEFAULT_OPTIONS: SimulatorOptions = {
  dialect: 'openai',
  seed: 1,
  timeScale: 1,
  captionLatencyMs: { p05: 2000, p95: 6000 },
  imageLatencyMs: { p05: 5000, p95: 15_000 },
  embeddingLatencyMs: { p05: 100, p95: 300 },
  fixedLatency: false,
  limits: { requestsPerMinute: 5000, tokensPerMinute: 2_000_000, imagesPerMinute: 250, burstSeconds: 10 },
  faults: {},
};

/** Fills in the defaults. Throws ZodError naming each invalid value. */
export function resolveOptions(settings: SimulatorSettings): SimulatorOptions {
  const given = SettingsSchema.parse(settings);
  const limits = changeLimits(DEFAULT_OPTIONS.limits, given.limits ?? {});
  return OptionsSchema.parse({ ...DEFAULT_OPTIONS, ...defined(given), limits });
}

/** The limits with a change applied. */
export function changeLimits(current: Limits, change: LimitsChange): Limits {
  return LimitsSchema.parse({ ...current, ...defined(change) });
}

/** The latencies with a change applied. */
export function changeLatency(current: Latency, change: LatencyChange): Latency {
  return LatencySchema.parse({ ...current, ...defined(change) });
}

/** The start-up faults as rules like those that the control endpoint takes. */
export function initialFaultRules(faults: SimulatorOptions['faults']): FaultRule[] {
  return Object.entries(faults).map(([kind, probability]) => ({
    kind: FaultKindSchema.parse(kind),
    probability,
  }));
}

/** Without the keys whose value is `undefined`, which would otherwise wipe out a default. */
function defined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
