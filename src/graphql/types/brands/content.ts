import { z } from 'zod';
import { logoCorners, type BrandContent } from '../../../domain/brands/brand.ts';
import { clausesOf, type Clause } from '../../../domain/brands/clauses.ts';
import { builder } from '../../builder.ts';
import { ChannelEnum } from '../campaigns/campaign.ts';

export const LogoCornerEnum = builder.enumType('LogoCorner', {
  description: 'The corner of an image where a logo stands.',
  values: z
    .record(z.enum(logoCorners), z.object({ description: z.string(), value: z.enum(logoCorners) }))
    .parse(
      Object.fromEntries(
        logoCorners.map((value) => [
          value,
          { description: `In the ${value.toLowerCase().replace('_', ' ')} corner.`, value },
        ]),
      ),
    ),
});

const VoiceRef = builder.objectRef<BrandContent['voice']>('BrandVoice').implement({
  description: 'How a brand speaks.',
  fields: (t) => ({
    do: t.exposeStringList('do', { description: 'What its texts do.' }),
    dont: t.exposeStringList('dont', { description: 'What its texts never do.' }),
  }),
});

const PreferredWordRef = builder
  .objectRef<BrandContent['vocabulary']['preferred'][number]>('PreferredWord')
  .implement({
    description: 'A word that a brand says instead of another one.',
    fields: (t) => ({
      say: t.exposeString('say', { description: 'The word that the brand says.' }),
      insteadOf: t.exposeString('insteadOf', { description: 'The word that it replaces.' }),
    }),
  });

const VocabularyRef = builder.objectRef<BrandContent['vocabulary']>('BrandVocabulary').implement({
  description: 'The words of a brand.',
  fields: (t) => ({
    forbidden: t.exposeStringList('forbidden', { description: 'Words that no caption may have.' }),
    required: t.exposeStringList('required', { description: 'Words that every caption must have.' }),
    preferred: t.expose('preferred', {
      type: [PreferredWordRef],
      description: 'Words that take the place of others.',
    }),
  }),
});

const LogoRef = builder.objectRef<NonNullable<BrandContent['visual']['logo']>>('BrandLogo').implement({
  description: 'The logo of a brand, and its place on images.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      description: 'The address of the logo as a PNG image. The content of an address never changes.',
      resolve: ({ key }, _args, { assets, origin }) => assets.urlOf(key, origin),
    }),
    corner: t.expose('corner', { type: LogoCornerEnum, description: 'The corner where it stands.' }),
    widthPercent: t.exposeInt('widthPercent', { description: 'Its width, in percent of the image’s width.' }),
  }),
});

const VisualRef = builder.objectRef<BrandContent['visual']>('BrandVisual').implement({
  description: 'How the images of a brand look.',
  fields: (t) => ({
    palette: t.exposeStringList('palette', { description: 'The colours, such as `#1a2b3c`.' }),
    style: t.exposeStringList('style', { description: 'Words for the style of images.' }),
    logo: t.expose('logo', { type: LogoRef, nullable: true, description: 'The logo; null without one.' }),
  }),
});

const LinkRef = builder.objectRef<NonNullable<BrandContent['link']>>('BrandLink').implement({
  description: 'The link below the captions of a brand.',
  fields: (t) => ({
    url: t.exposeString('url', { description: 'The address without the template.' }),
    utm: t.exposeString('utm', {
      nullable: true,
      description:
        'The template that is added to the address, such as `utm_source={channel}&utm_campaign={campaign}`; null without one.',
    }),
  }),
});

const DisclaimerRef = builder.objectRef<BrandContent['disclaimers'][number]>('BrandDisclaimer').implement({
  description: 'A text that stands below captions.',
  fields: (t) => ({
    channels: t.expose('channels', {
      type: [ChannelEnum],
      description: 'The channels whose captions have it; empty for all channels.',
    }),
    text: t.exposeString('text', { description: 'The text as it stands there.' }),
  }),
});

const ClauseRef = builder.objectRef<Clause>('BrandClause').implement({
  description: 'One thing that a brand asks. Findings name it by its id.',
  fields: (t) => ({
    id: t.exposeString('id', {
      description: 'The place of the clause in its version, such as `vocabulary.forbidden.2`.',
    }),
    text: t.exposeString('text', { description: 'What the clause asks, in words.' }),
  }),
});

export const BrandContentRef = builder.objectRef<BrandContent>('BrandContent').implement({
  description: 'Everything that a version of a brand says.',
  fields: (t) => ({
    voice: t.expose('voice', { type: VoiceRef, description: 'How the brand speaks.' }),
    vocabulary: t.expose('vocabulary', { type: VocabularyRef, description: 'The words of the brand.' }),
    facts: t.exposeStringList('facts', { description: 'What captions may claim.' }),
    examples: t.exposeStringList('examples', { description: 'Posts that sound right.' }),
    visual: t.expose('visual', { type: VisualRef, description: 'How the images of the brand look.' }),
    hashtags: t.exposeStringList('hashtags', {
      description: 'The hashtags of every post, as many as its channel takes.',
    }),
    link: t.expose('link', {
      type: LinkRef,
      nullable: true,
      description: 'The link below every caption; null without one.',
    }),
    disclaimers: t.expose('disclaimers', {
      type: [DisclaimerRef],
      description: 'The texts below captions, by channel.',
    }),
    clauses: t.field({
      type: [ClauseRef],
      description: 'All of this as single clauses.',
      resolve: (content) => clausesOf(content),
    }),
  }),
});
