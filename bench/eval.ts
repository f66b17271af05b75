import Table from 'cli-table3';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import { readCampaign } from '../src/demo/input/campaign.ts';
import { positiveNumber } from './support/options.ts';
import { printTargets, round, type Target } from './support/report.ts';
import { diversityOf, type Diversity } from './eval/metrics.ts';
import { evaluatedCampaigns, writeBatch, type Written } from './eval/write.ts';
import { startServices } from './support/services.ts';

const { posts, timeScale } = commandLine('npm run eval')
  .description(
    `Compares planned batches with posts that are written one by one, in the same run: how much they repeat themselves, what the checks
find before and after the rewrite, cost and time, for five fixed briefs and brands in as many languages. With the simulator; with
OPENAI_API_KEY in the environment the real models write, and it costs money.`,
  )
  .option('--posts <n>', 'of each batch', wholeNumber(2, 100), 20)
  .option('--time-scale <n>', 'of the simulator’s latencies', positiveNumber, 0.1)
  .parse()
  .opts();

await using services = await startServices();
const table = new Table({
  head: ['', 'how', 'similarity', 'most alike', 'self-BLEU', 'same opening', 'found, then', '$ a post', 's'],
  style: { head: [], border: [] },
});
const targets: Target[] = [];
for (const language of Object.keys(evaluatedCampaigns)) {
  const campaign = await readCampaign(evaluatedCampaigns[language] ?? '');
  const measure = async (planning: boolean): Promise<Measured> => {
    const written = await writeBatch(services, campaign, { posts, timeScale, planning });
    return { ...written, diversity: diversityOf(written.captions, language) };
  };
  const [planned, single] = [await measure(true), await measure(false)];
  table.push(row(language, 'planned', planned), row('', 'one by one', single));
  targets.push(...judge(language, planned, single));
}
process.stdout.write(`${table.toString()}\n`);
printTargets('eval', targets);

type Measured = Written & { diversity: Diversity };

function row(language: string, how: string, { diversity, foundBefore, foundAfter, cost, seconds }: Measured) {
  const { meanSimilarity, maxSimilarity, selfBleu, repeatedOpenings } = diversity;
  return [
    language,
    how,
    round(meanSimilarity, 3),
    round(maxSimilarity, 2),
    round(selfBleu, 3),
    `${round(repeatedOpenings * 100, 0)} %`,
    `${foundBefore}, ${foundAfter}`,
    round(cost / posts, 5),
    round(seconds, 1),
  ];
}

/** A plan has to make posts that differ more, at a small price. */
function judge(language: string, planned: Measured, single: Measured): Target[] {
  return [
    {
      name: `${language}: mean similarity, planned to one by one`,
      value: round(planned.diversity.meanSimilarity / single.diversity.meanSimilarity),
      target: 1,
      better: 'lower',
    },
    {
      name: `${language}: openings repeated, planned`,
      value: round(planned.diversity.repeatedOpenings, 3),
      target: 0.02,
      better: 'lower',
    },
    {
      name: `${language}: posts with findings at the end`,
      value: planned.foundAfter,
      target: 0,
      better: 'lower',
    },
    {
      name: `${language}: cost, planned to one by one`,
      value: round(planned.cost / single.cost),
      target: 1.1,
      better: 'lower',
    },
  ];
}
