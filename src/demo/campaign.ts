import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Channel, CreateCampaignInput } from '../../client/index.ts';

/** A campaign file cannot be used. The message names the file and every bad field. */
export class CampaignFileError extends Error {
  override readonly name = 'CampaignFileError';

  constructor(file: string, faults: readonly string[], options: ErrorOptions = {}) {
    super(faults.map((fault) => `${file}: ${fault}`).join('\n'), options);
  }
}

/** The rule's message, or `is missing` if there is no such field. */
const unlessMissing = (message: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? 'is missing' : message),
});
const text = z.string(unlessMissing('must be a text')).trim().min(1, 'must not be empty');
const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, unlessMissing(`must be one of ${values.join(', ')}`));

/** Checks only the shape. The server checks lengths and language tags. */
const campaignSchema = z.strictObject({
  name: text,
  brand: text,
  description: text,
  tone: oneOf(['BOLD', 'ELEGANT', 'FRIENDLY', 'INFORMATIVE', 'INSPIRING', 'PLAYFUL', 'PROFESSIONAL']),
  targetAudience: text,
  language: text,
  channel: oneOf(['FACEBOOK', 'INSTAGRAM', 'LINKEDIN', 'PINTEREST', 'TIKTOK', 'X']),
}) satisfies z.ZodType<CreateCampaignInput>;

/**
 * Reads a brief: a JSON file with the fields of `CreateCampaignInput` and no others.
 *
 * @throws CampaignFileError
 */
export async function readCampaign(file: string): Promise<CreateCampaignInput> {
  const content = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const fault = cause.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${cause.code})`;
    throw new CampaignFileError(file, [fault], { cause });
  });
  const parsed = campaignSchema.safeParse(parseJson(file, content));
  if (parsed.success) return parsed.data;
  throw new CampaignFileError(file, parsed.error.issues.flatMap(tellFault));
}

function parseJson(file: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CampaignFileError(file, [`is not JSON: ${reason}`], { cause });
  }
}

function tellFault(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${key}: is not a field`);
  const field = issue.path.join('.');
  return [field === '' ? 'must be an object with the fields of a campaign' : `${field}: ${issue.message}`];
}

const channelLabels: Readonly<Record<Channel, string>> = {
  BLUESKY: 'Bluesky',
  FACEBOOK: 'Facebook',
  INSTAGRAM: 'Instagram',
  LINKEDIN: 'LinkedIn',
  MASTODON: 'Mastodon',
  PINTEREST: 'Pinterest',
  THREADS: 'Threads',
  TIKTOK: 'TikTok',
  X: 'X',
};

/** Describes the posts in a few words: `Instagram posts in English`. */
export function kindOf({ channel, language }: { channel: Channel; language: string }): string {
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(language);
  return `${channelLabels[channel]} posts in ${name ?? language}`;
}
