import { mkdir, writeFile } from 'node:fs/promises';
import { readCampaign } from '../src/demo/input/campaign.ts';
import { commandLine } from '../src/command-line.ts';
import { figuresOf, sampleCampaigns, samplePosts, type SampleLanguage } from './sample-posts.ts';

const postCount = 50;

commandLine('npm run samples')
  .description(
    `Writes docs/samples: ${postCount} captions of the simulator in each language of the examples.`,
  )
  .parse();

const languages: readonly SampleLanguage[] = ['en', 'de', 'ja'];
await mkdir('docs/samples', { recursive: true });
for (const language of languages) {
  const posts = await samplePosts(language, postCount);
  const { name, brand } = await readCampaign(sampleCampaigns[language]);
  const captions = posts.map(({ caption }) => caption);
  const { starts, mostRepeated, shortest, longest } = figuresOf(captions, language);
  const page = [
    `# ${name}, ${brand}: ${postCount} captions of the simulator`,
    `From ${sampleCampaigns[language]}, by \`npm run samples\`. No AI wrote them. ${starts} different sentences stand at the start; the most repeated sentence stands in ${mostRepeated} posts; ${shortest} to ${longest} characters.`,
    ...posts.map(
      ({ caption, hashtags }, index) =>
        `## ${index + 1}\n\n${caption}\n\n${hashtags.join(' ').replaceAll('#', '\\#')}`,
    ),
  ].join('\n\n');
  await writeFile(`docs/samples/${language}.md`, `${page}\n`);
  process.stdout.write(
    `docs/samples/${language}.md: ${starts} starts, a sentence in ${mostRepeated} posts at most\n`,
  );
}
