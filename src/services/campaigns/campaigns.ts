import { z } from 'zod';
import { channelNames, tones, type Channel, type Tone } from '../../domain/posts/channels.ts';
import { InvalidInputError, NotFoundError } from '../../domain/errors/errors.ts';
import { languageSchema } from '../../domain/posts/languages.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Campaign, CampaignStatus } from '../../store/generated/prisma/client.ts';
import { invalidToken } from '../accounts/access-tokens.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { CampaignDeletion } from '../deletion/campaigns.ts';
import { all, commonFilterSchema, holding, kind, within, type Rows } from '../../store/lists/filters.ts';
import { createEntityLists, type EntityLists } from '../../store/lists/entity-lists.ts';
import { globalId } from '../../domain/ids.ts';
import { isWorkspaceGone, ownedBy, ownedRows, ownerOf, type Owner } from '../../store/ownership.ts';
import { parseInput, text } from '../../domain/validation.ts';

export type CampaignInput = {
  name: string;
  brand: string;
  description: string;
  tone: Tone;
  targetAudience: string;
  language: string;
  channel: Channel;
  /** Global id of the brand that its posts keep to. */
  brandId?: string | null | undefined;
};

/** Absent fields stay as they are. The `brandId` null takes the brand away. */
export type CampaignChanges = { [Key in keyof CampaignInput]?: CampaignInput[Key] | null | undefined };

/**
 * Changes throw NotFoundError if the workspace has no such campaign or no such brand. Campaigns that are being deleted (`deletedAt`) do not
 * exist for any call but `findAll`, because posts and batches may still refer to them.
 */
export type Campaigns = EntityLists<'campaigns', CampaignFilter> & {
  /** @throws InvalidInputError */
  create(viewer: Viewer, input: CampaignInput): Promise<Campaign>;
  /**
   * Creates an active campaign with the fields of another one.
   *
   * @param input.campaignId global id.
   * @param input.name by default the name of the other one with ` (copy)`, cut to fit.
   * @throws InvalidInputError
   */
  duplicate(
    viewer: Viewer,
    input: { campaignId: string; name?: string | null | undefined },
  ): Promise<Campaign>;
  /**
   * Changes a campaign. Its batches move to its channel in lists. Posts keep the channel and the language that they have.
   *
   * @throws InvalidInputError
   */
  update(viewer: Viewer, id: string, changes: CampaignChanges): Promise<Campaign>;
  /** Archives or restores a campaign. An archived one takes no new batch; running ones are finished. May be repeated. */
  setStatus(viewer: Viewer, id: string, status: CampaignStatus): Promise<Campaign>;
  /** Deletes a campaign with its batches and posts. @throws CampaignStateError while a batch is not final. */
  delete: CampaignDeletion['run'];
};

const maxNameCharacters = 120;

const campaignSchema = z.object({
  name: text(maxNameCharacters),
  brand: text(120),
  description: text(4000),
  tone: z.enum(tones),
  targetAudience: text(500),
  language: languageSchema,
  channel: z.enum(channelNames),
  brandId: globalId('Brand').nullish(),
});

const changesSchema = campaignSchema.partial();

const duplicateSchema = z.object({
  campaignId: globalId('Campaign'),
  name: campaignSchema.shape.name.nullish(),
});

type Values = z.output<typeof campaignSchema>;

const filterSchema = commonFilterSchema.extend({
  status: z.array(z.enum(['ACTIVE', 'ARCHIVED'])).nullish(),
  channel: z.array(z.enum(channelNames)).nullish(),
});

/** An absent or empty list does not narrow. */
export type CampaignFilter = z.input<typeof filterSchema>;

export function createCampaigns({
  database,
  changes,
  deletion,
}: {
  database: Database;
  changes: Changes;
  deletion: Pick<CampaignDeletion, 'run'>;
}): Campaigns {
  const { campaign } = database.prisma;
  const rowsOf = (owner: Owner, filter: z.output<typeof filterSchema>): Rows => ({
    isSearch: filter.search != null,
    where: all([
      ownedRows(owner, 't'),
      within('t.createdAt', filter.created),
      holding(['t.name', 't.brand', 't.description'], filter.search),
    ]),
    kinds: [kind('t.channel', 'Channel', filter.channel), kind('t.status', 'CampaignStatus', filter.status)],
  });

  async function change(
    viewer: Viewer,
    id: string,
    data: object,
    brandId?: string | null,
  ): Promise<Campaign> {
    const where = { id, ...ownedBy(viewer), deletedAt: null };
    const changesChannel = 'channel' in data;
    const [changed] =
      changesChannel || brandId != null
        ? await database.transaction(async (tx) => {
            await lockCampaign(tx, where);
            await requireBrand(tx, viewer, brandId);
            if (changesChannel) await lockBatches(tx, where);
            return tx.campaign.updateManyAndReturn({ where, data });
          }, rewriteTimeoutMs)
        : await campaign.updateManyAndReturn({ where, data });
    if (changed === undefined) throw new NotFoundError('campaign', 'input.campaignId');
    changes.campaign(changed);
    // Batches tell these as well.
    if (changesChannel || 'language' in data) changes.workspace(changed.ownerId);
    return changed;
  }

  async function add(
    tx: Transaction,
    viewer: Viewer,
    { brandId = null, ...values }: Values,
  ): Promise<Campaign> {
    await requireBrand(tx, viewer, brandId);
    return tx.campaign
      .create({ data: { ...values, brandId, ...ownedBy(viewer) } })
      .catch((error: unknown) => {
        throw isWorkspaceGone(error) ? invalidToken() : error;
      });
  }

  async function create(work: (tx: Transaction) => Promise<Campaign>): Promise<Campaign> {
    const created = await database.transaction(work);
    changes.campaign(created);
    return created;
  }

  return {
    async create(viewer, input) {
      const values = parseInput(campaignSchema, input);
      return create((tx) => add(tx, viewer, values));
    },
    async duplicate(viewer, input) {
      const { campaignId: id, name } = parseInput(duplicateSchema, input);
      return create(async (tx) => {
        const where = { id, ...ownedBy(viewer), deletedAt: null };
        // While it is locked, nobody takes its brand away.
        await lockCampaign(tx, where);
        const original = await tx.campaign.findUnique({ where, select: originalFields });
        if (original === null) throw new NotFoundError('campaign', 'input.campaignId');
        return add(tx, viewer, { ...original, name: name ?? copyOf(original.name) });
      });
    },
    update(viewer, id, changes) {
      const given = Object.entries(changes).filter(
        ([field, value]) => value != null || (field === 'brandId' && value === null),
      );
      if (given.length === 0)
        throw new InvalidInputError([{ path: 'input', message: 'must change something' }]);
      const data = parseInput(changesSchema, Object.fromEntries(given));
      return change(viewer, id, data, data.brandId);
    },
    setStatus: (viewer, id, status) => change(viewer, id, { status }),
    delete: deletion.run,
    ...createEntityLists(database, 'campaigns', filterSchema, rowsOf),
  };
}

/** What a duplicate has of the original. */
const originalFields = {
  name: true,
  brand: true,
  description: true,
  tone: true,
  targetAudience: true,
  language: true,
  channel: true,
  brandId: true,
} as const satisfies Record<keyof CampaignInput, true>;

/** @returns the name of a duplicate. The original's is cut between characters that people see. */
function copyOf(name: string): string {
  const suffix = ' (copy)';
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    if (kept.length + segment.length + suffix.length > maxNameCharacters) break;
    kept += segment;
  }
  return `${kept.trimEnd()}${suffix}`;
}

/** A change of channel also updates the campaign's batches, which may be many. */
const rewriteTimeoutMs = 60_000;

type OwnCampaign = { id: string; ownerId: string; deletedAt: null };

async function lockCampaign(tx: Transaction, { id, ownerId }: OwnCampaign): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM campaigns c WHERE id = ${id}::uuid AND ${ownedRows(ownerOf({ ownerId }), 'c')} FOR UPDATE`;
}

/** Locks the batches by id, as everybody does who changes several. The foreign key follows in no such order. */
async function lockBatches(tx: Transaction, { id, ownerId }: OwnCampaign): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM batches b WHERE "campaignId" = ${id}::uuid AND ${ownedRows(ownerOf({ ownerId }), 'b')}
    ORDER BY id FOR NO KEY UPDATE`;
}

/** Keeps the brand from being deleted meanwhile. @throws NotFoundError if the workspace has no such brand. */
async function requireBrand(tx: Transaction, viewer: Viewer, id: string | null | undefined): Promise<void> {
  if (id == null) return;
  const brands = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM brands k WHERE id = ${id}::uuid AND ${ownedRows(viewer, 'k')} FOR KEY SHARE`;
  if (brands.length === 0) throw new NotFoundError('brand', 'input.brandId');
}
