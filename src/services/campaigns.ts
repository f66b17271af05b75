import { z } from 'zod';
import { channelNames, tones, type Channel, type Tone } from '../domain/channels.ts';
import { canonicalLanguage } from '../domain/languages.ts';
import type { Database } from '../store/database.ts';
import type { Campaign } from '../store/generated/prisma/client.ts';
import type { Viewer } from './accounts.ts';
import { readPage, type Page, type PageArgs } from './paging.ts';
import { ownedBy, type Owner } from './ownership.ts';
import { parseInput } from './validation.ts';

export type CampaignInput = {
  name: string;
  brand: string;
  description: string;
  tone: Tone;
  targetAudience: string;
  language: string;
  channel: Channel;
};

export type Campaigns = {
  /** @throws InvalidInputError */
  create(viewer: Viewer, input: CampaignInput): Promise<Campaign>;
  /** @returns null for an absent campaign and for somebody else's alike. */
  find(viewer: Owner, id: string): Promise<Campaign | null>;
  /** Newest first. @throws InvalidInputError */
  list(viewer: Viewer, page: PageArgs): Promise<Page<Campaign>>;
};

/** A line or paragraph that people typed: trimmed, not empty, bounded. */
export const text = (maxCharacters: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maxCharacters, `must have at most ${maxCharacters} characters`)
    // PostgreSQL stores no NUL, and lone surrogates are no text.
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must be plain text');

const campaignSchema = z.object({
  name: text(120),
  brand: text(120),
  description: text(4000),
  tone: z.enum(tones),
  targetAudience: text(500),
  language: z.string().transform((tag, context) => {
    const canonical = canonicalLanguage(tag.trim());
    if (canonical !== undefined) return canonical;
    context.addIssue({ code: 'custom', message: 'must be a language tag such as en, de or pt-BR' });
    return z.NEVER;
  }),
  channel: z.enum(channelNames),
});

export function createCampaigns(database: Database): Campaigns {
  const { campaign } = database.prisma;
  return {
    async create(viewer, input) {
      const values = parseInput(campaignSchema, input);
      return campaign.create({ data: { ...values, ...ownedBy(viewer) } });
    },
    find: (viewer, id) => campaign.findUnique({ where: { id, ...ownedBy(viewer) } }),
    list: (viewer, page) =>
      readPage(page, (keyset) =>
        campaign.findMany({ ...keyset, where: { ...keyset.where, ...ownedBy(viewer) } }),
      ),
  };
}
