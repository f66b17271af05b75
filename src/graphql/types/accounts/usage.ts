import type { Owner } from '../../../store/ownership.ts';
import type { CampaignUsage, DayUsage } from '../../../services/workspaces/usages.ts';
import { builder } from '../../builder.ts';
import { CampaignNode } from '../campaigns/campaign.ts';
import { UserNode } from './user.ts';

const DayUsageRef = builder.objectRef<DayUsage>('DayUsage').implement({
  description: 'What the calls of one day came to.',
  fields: (t) => ({
    day: t.string({
      description: 'The day in UTC, as `2026-11-22`.',
      resolve: ({ day }) => day.toISOString().slice(0, 10),
    }),
    calls: t.exposeInt('calls', { description: 'Calls that were paid.' }),
    inputTokens: t.exposeFloat('inputTokens', { description: 'Tokens sent.' }),
    outputTokens: t.exposeFloat('outputTokens', { description: 'Tokens received.' }),
    cost: t.exposeFloat('cost', { description: 'US dollars.' }),
  }),
});

const CampaignUsageRef = builder.objectRef<CampaignUsage & { owner: Owner }>('CampaignUsage').implement({
  description: 'What the calls for one campaign came to.',
  fields: (t) => ({
    campaign: t.field({
      type: CampaignNode,
      nullable: true,
      description: 'The campaign.',
      resolve: ({ campaignId: id, owner }, _args, { loaders }) =>
        loaders().campaigns.byId.load({ owner, id }),
    }),
    calls: t.exposeInt('calls', { description: 'Calls that were paid.' }),
    inputTokens: t.exposeFloat('inputTokens', { description: 'Tokens sent.' }),
    outputTokens: t.exposeFloat('outputTokens', { description: 'Tokens received.' }),
    cost: t.exposeFloat('cost', { description: 'US dollars.' }),
  }),
});

const UsageRef = builder.objectRef<{ owner: Owner; since: Date }>('Usage').implement({
  description: 'What a workspace has spent at the AI provider.',
  fields: (t) => ({
    byDay: t.field({
      type: [DayUsageRef],
      description: 'Days with calls, newest first.',
      resolve: ({ owner, since }, _args, context) => context.usages.byDay(owner, since),
    }),
    byCampaign: t.field({
      type: [CampaignUsageRef],
      description: 'Campaigns with calls, dearest first.',
      resolve: async ({ owner, since }, _args, context) =>
        (await context.usages.byCampaign(owner, since)).map((usage) => ({ ...usage, owner })),
    }),
  }),
});

builder.objectField(UserNode, 'usage', (t) =>
  t.field({
    type: UsageRef,
    description: 'What the workspace that your token is for has spent at the AI provider.',
    args: {
      since: t.arg({
        type: 'DateTime',
        required: false,
        description: 'Calls from here on; 30 days back by default.',
      }),
    },
    // Of the log-in that it hangs on: after a log-in there is one, and no viewer yet.
    resolve: ({ workspaceId }, { since }) => ({
      owner: { workspaceId },
      since: since ?? new Date(Date.now() - 30 * 86_400_000),
    }),
  }),
);
