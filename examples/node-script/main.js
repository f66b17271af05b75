// Orders three posts, shows each when it is there, and saves the batch as a ZIP.
import { writeFile } from 'node:fs/promises';
import {
  createClient,
  createSession,
  expectResult,
  exportBatch,
  followBatch,
  CreateCampaignDocument,
  RegisterDocument,
  StartBatchDocument,
} from '@pressrun/client';

const url = process.argv[2] ?? 'http://127.0.0.1:4000/graphql';

const input = { email: `me-${Date.now()}@example.com`, password: 'correct horse battery' };
const { register } = await createClient({ url }).run(RegisterDocument, { input });
const token = createSession({ url, tokens: expectResult(register, 'Login') });
const client = createClient({ url, token });

const { createCampaign } = await client.run(CreateCampaignDocument, {
  input: {
    name: 'Spring launch',
    brand: 'Alpenglow Coffee',
    description: 'A light roast from small farms, sold in refillable tins.',
    tone: 'FRIENDLY',
    targetAudience: 'City people who cycle to work',
    language: 'en',
    channel: 'INSTAGRAM',
  },
});
const campaignId = expectResult(createCampaign, 'Campaign').id;

const { startBatch } = await client.run(StartBatchDocument, { input: { campaignId, postCount: 3 } });
const batchId = expectResult(startBatch, 'Batch').id;

for await (const event of followBatch({ url, token, batchId })) {
  if (event.__typename === 'PostCompletedEvent') console.log(`${event.post.caption}\n`);
}

const zip = await exportBatch({ url, token, batchId, format: 'zip' });
await writeFile('posts.zip', zip.body);
console.log('Saved posts.zip with the captions and the images.');
