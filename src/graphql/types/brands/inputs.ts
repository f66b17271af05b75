import { builder } from '../../builder.ts';
import { ChannelEnum } from '../campaigns/campaign.ts';
import { LogoCornerEnum } from './content.ts';

const VoiceInput = builder.inputType('BrandVoiceInput', {
  description: 'How a brand speaks.',
  fields: (t) => ({
    do: t.stringList({
      defaultValue: [],
      description: 'What its texts do: at most 20 lines of 300 characters.',
    }),
    dont: t.stringList({
      defaultValue: [],
      description: 'What its texts never do: at most 20 lines of 300 characters.',
    }),
  }),
});

const PreferredWordInput = builder.inputType('PreferredWordInput', {
  description: 'A word that a brand says instead of another one.',
  fields: (t) => ({
    say: t.string({ description: 'The word that the brand says, at most 80 characters.' }),
    insteadOf: t.string({ description: 'The word that it replaces, at most 80 characters.' }),
  }),
});

const VocabularyInput = builder.inputType('BrandVocabularyInput', {
  description: 'The words of a brand, each of at most 80 characters.',
  fields: (t) => ({
    forbidden: t.stringList({
      defaultValue: [],
      description: 'Words that no caption may have, at most 200.',
    }),
    required: t.stringList({
      defaultValue: [],
      description: 'Words that every caption must have, at most 10.',
    }),
    preferred: t.field({
      type: [PreferredWordInput],
      required: true,
      defaultValue: [],
      description: 'Words that take the place of others, at most 50.',
    }),
  }),
});

const LogoInput = builder.inputType('BrandLogoInput', {
  description: 'The logo of a brand, and its place on images.',
  fields: (t) => ({
    image: t.string({
      required: false,
      description:
        'A PNG or WebP image in base64, at most 200 KB and 2,000 × 2,000 pixels. Left out, the brand keeps the logo that it has.',
    }),
    corner: t.field({ type: LogoCornerEnum, description: 'The corner where it stands.' }),
    widthPercent: t.int({ description: 'Its width in percent of the image’s width, from 3 to 40.' }),
  }),
});

const VisualInput = builder.inputType('BrandVisualInput', {
  description: 'How the images of a brand look.',
  fields: (t) => ({
    palette: t.stringList({ defaultValue: [], description: 'At most 10 colours, such as `#1a2b3c`.' }),
    style: t.stringList({
      defaultValue: [],
      description: 'Words for the style of images: at most 20 of 80 characters.',
    }),
    logo: t.field({ type: LogoInput, required: false, description: 'The logo. Left out, there is none.' }),
  }),
});

const LinkInput = builder.inputType('BrandLinkInput', {
  description: 'The link below the captions of a brand.',
  fields: (t) => ({
    url: t.string({ description: 'The address, at most 200 characters.' }),
    utm: t.string({
      required: false,
      description:
        'A template that is added to the address, such as `utm_source={channel}&utm_campaign={campaign}`. A channel that has no room for it gets the address alone.',
    }),
  }),
});

const DisclaimerInput = builder.inputType('BrandDisclaimerInput', {
  description: 'A text that stands below captions.',
  fields: (t) => ({
    channels: t.field({
      type: [ChannelEnum],
      required: true,
      defaultValue: [],
      description: 'The channels whose captions have it; empty for all channels.',
    }),
    text: t.string({
      description:
        'The text, at most 300 characters. Link and disclaimers take at most half of a channel’s caption.',
    }),
  }),
});

export const BrandContentInput = builder.inputType('BrandContentInput', {
  description:
    'Everything that a version of a brand says, at most 20,000 characters in all. Parts that are left out are empty.',
  fields: (t) => ({
    voice: t.field({
      type: VoiceInput,
      required: true,
      defaultValue: { do: [], dont: [] },
      description: 'How the brand speaks.',
    }),
    vocabulary: t.field({
      type: VocabularyInput,
      required: true,
      defaultValue: { forbidden: [], required: [], preferred: [] },
      description: 'The words of the brand.',
    }),
    facts: t.stringList({
      defaultValue: [],
      description: 'What captions may claim: at most 50 lines of 300 characters.',
    }),
    examples: t.stringList({
      defaultValue: [],
      description: 'Posts that sound right: at most 10 of 2,200 characters.',
    }),
    visual: t.field({
      type: VisualInput,
      required: true,
      defaultValue: { palette: [], style: [] },
      description: 'How the images of the brand look.',
    }),
    hashtags: t.stringList({
      defaultValue: [],
      description: 'The hashtags of every post, as many as its channel takes; at most 10.',
    }),
    link: t.field({ type: LinkInput, required: false, description: 'The link below every caption.' }),
    disclaimers: t.field({
      type: [DisclaimerInput],
      required: true,
      defaultValue: [],
      description: 'The texts below captions, by channel; at most 20.',
    }),
  }),
});
