import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { buildSchema, isEnumType } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCampaign } from '../../src/demo/input/campaign.ts';
import { kindOf } from '../../src/demo/input/channels.ts';

const brief = {
  name: 'n',
  brand: 'b',
  description: 'd',
  tone: 'BOLD',
  targetAudience: 'a',
  language: 'en',
  channel: 'X',
};

async function fileWith(content: string): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/pressrun-campaign-`);
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(`${folder}/brief.json`, content);
  return `${folder}/brief.json`;
}

async function valuesOf(enumName: string): Promise<string[]> {
  const type = buildSchema(await readFile('schema.graphql', 'utf8')).getType(enumName);
  if (!isEnumType(type)) throw new Error(`${enumName} is no enum`);
  return type.getValues().map(({ name }) => name);
}

describe('readCampaign', () => {
  it('reads every example', async () => {
    const files = (await readdir('examples')).filter((name) => name.endsWith('.json'));
    expect(files.length).toBeGreaterThanOrEqual(3);
    const campaigns = await Promise.all(files.map((name) => readCampaign(`examples/${name}`)));
    // The file's name says the language.
    expect(campaigns.map(({ language }, index) => [files[index], language])).toEqual(
      files.map((name) => [name, name.split('.').at(-2)]),
    );
  });

  it('takes every tone and channel that the API has', async () => {
    for (const tone of await valuesOf('Tone')) {
      expect(await readCampaign(await fileWith(JSON.stringify({ ...brief, tone })))).toMatchObject({ tone });
    }
    for (const channel of await valuesOf('Channel')) {
      expect(await readCampaign(await fileWith(JSON.stringify({ ...brief, channel })))).toMatchObject({
        channel,
      });
    }
  });

  it.each([
    ['a file that is not JSON', 'brand: x', /brief\.json: is not JSON/],
    ['something that is no object', '[]', /brief\.json: must be an object/],
    ['a missing field', JSON.stringify({ ...brief, brand: undefined }), /brief\.json: brand: is missing/],
    ['an empty field', JSON.stringify({ ...brief, brand: ' ' }), /brand: must not be empty/],
    ['a field of another type', JSON.stringify({ ...brief, name: 5 }), /name: must be a text/],
    ['an unknown tone', JSON.stringify({ ...brief, tone: 'ANGRY' }), /tone: must be one of BOLD, ELEGANT/],
    [
      'fields too many',
      JSON.stringify({ ...brief, colour: 1, size: 2 }),
      /colour: is not.*\n.*size: is not a field/,
    ],
  ])('names file and field of %s', async (_what, content, message) => {
    await expect(readCampaign(await fileWith(content))).rejects.toThrow(message);
  });
});

describe('kindOf', () => {
  it('says what is made', () => {
    expect(kindOf({ channels: ['LINKEDIN'], languages: ['de'] })).toBe('LinkedIn posts in German');
    expect(kindOf({ channels: ['INSTAGRAM', 'LINKEDIN', 'X'], languages: ['en', 'de'] })).toBe(
      'Instagram, LinkedIn, and X posts in English and German',
    );
  });
});
