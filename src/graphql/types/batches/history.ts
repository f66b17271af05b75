import { builder } from '../../builder.ts';
import { Connection } from '../../connections.ts';
import { requireViewer } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { defaultPageSize } from '../../../store/lists/paging.ts';
import { BatchEventInterface } from './progress-events.ts';
import { seqOf } from './subscriptions.ts';

const BatchEventEdge = builder.edgeObject({
  type: BatchEventInterface,
  name: 'BatchEventEdge',
  description: 'A stored event of a batch, with its cursor.',
});
const BatchEventConnection = builder.connectionObject(
  {
    type: BatchEventInterface,
    name: 'BatchEventConnection',
    description: 'A page of the stored events of a batch.',
  },
  BatchEventEdge,
);

builder.queryFields((t) => ({
  events: t.field({
    type: BatchEventConnection,
    description:
      'The stored events of a batch, oldest first, as `batchEvents` sends them. Cursors are valid in both. Old events are removed after some days.',
    args: {
      batchId: t.arg.id({ description: 'The id of the batch.' }),
      first: t.arg.int({ required: false, description: 'The number of events, 20 by default, at most 100.' }),
      after: t.arg.string({
        required: false,
        description: 'The cursor before the first event of the page. Without it, the page is the first one.',
      }),
    },
    resolve: async (_root, { batchId, first, after }, context) => {
      const viewer = requireViewer(context);
      const id = parseId('Batch', batchId, 'batchId');
      const page = { first: first ?? defaultPageSize, after: seqOf(after) };
      return new Connection(await context.progress.history(viewer, id, page));
    },
  }),
}));
