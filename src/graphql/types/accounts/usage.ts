import type { Owner } from '../../../store/ownership.ts';
import type { CampaignUsage, DayUsage } from '../../../services/workspaces/usages.ts';
import { builder } from '../../builder.ts';
import { CampaignNode } from '../campaigns/campaign.ts';
import { UserNode } from './user.ts';

const DayUsageRef = builder.objectRef<DayUsage>('DayUsage').implement({
  description: 'Calls to the AI provider on one day, and their cost.',
  fields: (t) => ({
    day: t.field({
      type: 'Date',
      description: 'The day in UTC, such as `2026-11-22`.',
      resolve: ({ day }) => day.toISOString().slice(0, 10),
    }),
    calls: t.exposeInt('calls', { description: 'The number of paid calls.' }),
    inputTokens: t.exposeFloat('inputTokens', { description: 'The number of tokens sent.' }),
    outputTokens: t.exposeFloat('outputTokens', { description: 'The number of tokens received.' }),
    cost: t.expose('cost', { type: 'Money', description: 'The cost in US dollars.' }),
  }),
});

const CampaignUsageRef = builder.objectRef<CampaignUsage & { owner: Owner }>('CampaignUsage').implement({
  description: 'Calls to the AI provider for one campaign, and their cost.',
  fields: (t) => ({
    campaign: t.field({
      type: CampaignNode,
      nullable: true,
      description: 'The campaign, or null if it was deleted.',
      resolve: ({ campaignId: id, owner }, _args, { loaders }) =>
        loaders().campaigns.byId.load({ owner, id }),
    }),
    calls: t.exposeInt('calls', { description: 'The number of paid calls.' }),
    inputTokens: t.exposeFloat('inputTokens', { description: 'The number of tokens sent.' }),
    outputTokens: t.exposeFloat('outputTokens', { description: 'The number of tokens received.' }),
    cost: t.expose('cost', { type: 'Money', description: 'The cost in US dollars.' }),
  }),
});

const UsageRef = builder.objectRef<{ owner: Owner; since: Date }>('Usage').implement({
  description: 'Calls of a workspace to the AI provider, and their cost.',
  fields: (t) => ({
    byDay: t.field({
      type: [DayUsageRef],
      description: 'Usage by day, newest day first. Days without calls are left out.',
      resolve: ({ owner, since }, _args, context) => context.usages.byDay(owner, since),
    }),
    byCampaign: t.field({
      type: [CampaignUsageRef],
      description: 'Usage by campaign, highest cost first. Campaigns without calls are left out.',
      resolve: async ({ owner, since }, _args, context) =>
        (await context.usages.byCampaign(owner, since)).map((usage) => ({ ...usage, owner })),
    }),
  }),
});

builder.objectField(UserNode, 'usage', (t) =>
  t.field({
    type: UsageRef,
    description: 'Calls of the current workspace to the AI provider, and their cost.',
    args: {
      since: t.arg({
        type: 'DateTime',
        required: false,
        description: 'Counts calls from this time on. The default is 30 days ago.',
      }),
    },
    // The workspace comes from the user: the answer to `login` has a user, but its context has no viewer yet.
    resolve: ({ workspaceId }, { since }) => ({
      owner: { workspaceId },
      since: since ?? new Date(Date.now() - 30 * 86_400_000),
    }),
  }),
);
