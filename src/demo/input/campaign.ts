import { z } from 'zod';
import type { CreateCampaignInput } from '../../../client/index.ts';
import { channelNames } from './channels.ts';
import { oneOf, readJson, text } from './json-file.ts';

/** Checks only the shape. The server checks lengths and language tags. */
const campaignSchema = z.strictObject({
  name: text,
  brand: text,
  description: text,
  tone: oneOf(['BOLD', 'ELEGANT', 'FRIENDLY', 'INFORMATIVE', 'INSPIRING', 'PLAYFUL', 'PROFESSIONAL']),
  targetAudience: text,
  language: text,
  channel: oneOf(channelNames),
}) satisfies z.ZodType<CreateCampaignInput>;

/**
 * Reads a brief: a JSON file with the fields of `CreateCampaignInput` and no others.
 *
 * @throws InputFileError
 */
export async function readCampaign(file: string): Promise<CreateCampaignInput> {
  return readJson(file, campaignSchema, 'campaign');
}
