import type { Bank } from '../bank.ts';
import { en as plan } from '../plan/words/en.ts';
import { en as series } from '../series/en.ts';

export const en: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Good things are better shared, and {brand} is one of them.',
      'Meet {brand}, the small change that makes an ordinary day a little nicer.',
      'Come on in: {brand} has saved you a seat.',
    ],
    professional: [
      '{brand} brings clarity to the decisions that matter.',
      'Quality leaves nothing to chance, and neither does {brand}.',
      'With {brand}, good work starts from a solid foundation.',
    ],
    playful: [
      'Plot twist: your Monday just met {brand}.',
      'Warning: {brand} may cause spontaneous happy dancing.',
      'Knock, knock. Who’s there? {brand}, and it brought the fun.',
    ],
    bold: [
      'Forget good enough. {brand} is here.',
      '{brand} does not wait for tomorrow.',
      'Rules were made to be rewritten. Just ask {brand}.',
    ],
    inspiring: [
      'Every big story starts with a small step, and {brand} walks it with you.',
      'Imagine what becomes possible with {brand}.',
      '{brand} believes in the ideas that keep you awake at night.',
    ],
  },
  bodies: [
    'Thought through to the last detail, and made to last.',
    'Less effort, more time for what really counts.',
    'You notice the difference from the very first day.',
    'Made with care by people who love what they do.',
    'Easy to start with, hard to give up.',
    'It fits your day, so you can get on with living it.',
    'Honest, reliable and refreshingly uncomplicated.',
    'The best ideas feel obvious the moment you try them.',
    'No fuss, no small print, just a job well done.',
  ],
  audience: [
    'Made for {audience}.',
    'If this speaks to {audience}, we have done our job.',
    '{audience}: this one is for you.',
  ],
  closings: {
    friendly: ['Drop by and see for yourself.', 'Tell us what you think in the comments.'],
    professional: ['Find out more on our website.', 'Talk to us about what comes next.'],
    playful: ['Go on, you know you want to.', 'Tag the friend who needs this.'],
    bold: ['Your move.', 'Get yours now.'],
    inspiring: ['What will you start today?', 'Take the first step with us.'],
  },
  hashtags: [
    'NewIn',
    'MadeWithCare',
    'EverydayJoy',
    'GoodIdeas',
    'LoveWhatYouDo',
    'SmallThings',
    'DiscoverMore',
    'MadeToLast',
    'Inspiration',
    'FeelGood',
  ],
  plan,
  series,
};
