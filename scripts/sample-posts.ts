import { readCampaign } from '../src/demo/input/campaign.ts';
import { fitToChannel, type Caption } from '../src/domain/posts/content.ts';
import { captionRequest } from '../src/engine/jobs/post-parts.ts';
import { parseModelName } from '../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../src/provider/openai/openai.ts';
import { createSimulator } from '../src/simulator/server.ts';

/** The campaigns of the samples, by language. */
export const sampleCampaigns = {
  en: 'examples/fernway.en.json',
  de: 'examples/bergquell.de.json',
  ja: 'examples/tsukinoha.ja.json',
} as const;

export type SampleLanguage = keyof typeof sampleCampaigns;

/** Has the simulator write a batch, asked as the engine asks: same prompts, same SDK, same fitting. */
export async function samplePosts(language: SampleLanguage, postCount: number): Promise<Caption[]> {
  const brief = await readCampaign(sampleCampaigns[language]);
  const simulator = createSimulator({ timeScale: 0.0001, limits: { requestsPerMinute: 1_000_000 } });
  const { url: baseUrl } = await simulator.start();
  try {
    const model = createOpenAiModel(parseModelName('gpt-5.4-mini'), { apiKey: 'simulated', baseUrl });
    const write = async (position: number) => {
      const request = captionRequest({ ...brief, position, postCount });
      const { value } = await model.generateObject(request, AbortSignal.timeout(60_000));
      return fitToChannel(brief.channel, value);
    };
    return await Promise.all(Array.from({ length: postCount }, (_, index) => write(index + 1)));
  } finally {
    await simulator.stop();
  }
}

export type SampleFigures = {
  /** Different sentences that posts start with. */
  starts: number;
  /** In how many posts the most repeated sentence stands. */
  mostRepeated: number;
  /** Characters of the shortest and the longest caption. */
  shortest: number;
  longest: number;
};

/** Measures how much the captions of a batch differ. The marker of the simulator does not count. */
export function figuresOf(captions: readonly string[], language: SampleLanguage): SampleFigures {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  const written = captions.map((caption) =>
    Array.from(segmenter.segment(caption.replace('[simulated]', '')), ({ segment }) => segment.trim()).filter(
      (sentence) => /\p{L}/u.test(sentence),
    ),
  );
  const posts = new Map<string, number>();
  for (const sentence of written.flatMap((sentences) => [...new Set(sentences)])) {
    posts.set(sentence, (posts.get(sentence) ?? 0) + 1);
  }
  const lengths = captions.map(({ length }) => length);
  return {
    starts: new Set(written.map(([first]) => first)).size,
    mostRepeated: Math.max(...posts.values()),
    shortest: Math.min(...lengths),
    longest: Math.max(...lengths),
  };
}
