import {
  createClient,
  createSession,
  expectResult,
  followBatch,
  CreateCampaignDocument,
  RegisterDocument,
  StartBatchDocument,
  type PostCardFragment,
} from '@pressrun/client';

const url = new URLSearchParams(location.search).get('url') ?? 'http://127.0.0.1:4000/graphql';
const button = document.body.appendChild(document.createElement('button'));
button.textContent = 'Write three posts';
const status = document.body.appendChild(document.createElement('p'));
const posts = document.body.appendChild(document.createElement('section'));

button.addEventListener('click', () => {
  writePosts().catch((error: unknown) => (status.textContent = String(error)));
});

async function writePosts(): Promise<void> {
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
    if (event.__typename === 'PostCompletedEvent') show(event.post);
    if ('progress' in event)
      status.textContent = `${event.progress.completedCount} of ${event.progress.postCount}`;
  }
}

function show({ caption, imageUrl }: PostCardFragment): void {
  const card = posts.appendChild(document.createElement('article'));
  const image = card.appendChild(new Image(320));
  image.src = imageUrl ?? '';
  image.alt = '';
  card.appendChild(document.createElement('p')).textContent = caption;
}
