import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { checkCaption } from '../../../../src/domain/checks/check.ts';
import { channelNames, tones } from '../../../../src/domain/posts/channels.ts';
import { fitToChannel } from '../../../../src/domain/posts/content.ts';
import { captionMessages } from '../../../../src/domain/prompts/caption.ts';
import { createWriter } from '../../../../src/simulator/copy/writer.ts';

const campaignSchema = z.object({
  brand: z.string(),
  description: z.string(),
  tone: z.enum(tones),
  targetAudience: z.string(),
  language: z.string(),
  channel: z.enum(channelNames),
});
type Campaign = z.infer<typeof campaignSchema>;

const postCount = 50;

const example = (name: string) =>
  campaignSchema.parse(
    JSON.parse(readFileSync(new URL(`../../../../examples/${name}`, import.meta.url), 'utf8')),
  );

const plain = (language: string): Campaign => ({
  brand: 'Solmar',
  description:
    'A small shop that repairs coffee machines in Lyon. Repairs cost 80 euros and take three days.',
  tone: 'FRIENDLY',
  targetAudience: 'people at home',
  language,
  channel: 'INSTAGRAM',
});

/** What the checks find in the captions that the simulator writes for a campaign. */
async function findingsIn(campaign: Campaign) {
  const found = [];
  for (let position = 1; position <= postCount; position += 1) {
    const brief = { ...campaign, position, postCount };
    const { system, user } = captionMessages(brief);
    const writer = createWriter(`${system}\n${user}`, 1);
    const answer = { caption: writer.caption(20_000, 0), hashtags: writer.hashtags(0, 200, 0) };
    const caption = fitToChannel(campaign.channel, answer);
    const findings = await checkCaption({ brief, caption, answer, today: new Date() });
    found.push(...findings.map((finding) => ({ ...finding, caption: caption.caption })));
  }
  return found;
}

it.each(['bergquell.de.json', 'fernway.en.json', 'tsukinoha.ja.json'])(
  'nothing is found in fifty captions for %s',
  async (name) => {
    expect(await findingsIn(example(name))).toEqual([]);
  },
);

it.each(['en', 'de', 'ja', 'fr', 'es', 'it', 'nl', 'pt-BR', 'pl', 'sv', 'da'])(
  'nothing is found in fifty captions in %s',
  async (language) => {
    expect(await findingsIn(plain(language))).toEqual([]);
  },
);

it.each(channelNames)('nothing is found in fifty captions on %s', async (channel) => {
  expect(await findingsIn({ ...example('fernway.en.json'), channel })).toEqual([]);
});
