import { fr as plan } from '../plan/words/fr.ts';
import type { Bank } from '../bank.ts';

// French sets a no-break space before two-part punctuation, written \u00a0 here because it cannot be seen.
export const fr: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Les bonnes choses se partagent, et {brand} en fait partie.',
      'Faites connaissance avec {brand}, le petit plus qui rend la journée plus douce.',
      'Entrez donc\u00a0: {brand} vous a gardé une place.',
    ],
    professional: [
      '{brand} apporte de la clarté aux décisions qui comptent.',
      'La qualité ne doit rien au hasard, et {brand} non plus.',
      'Avec {brand}, le travail bien fait repose sur des bases solides.',
    ],
    playful: [
      'Attention\u00a0: {brand} peut provoquer des pas de danse incontrôlés.',
      'Votre lundi a appelé. Lui aussi veut {brand}.',
      'Toc, toc. Qui est là\u00a0? {brand}, et la bonne humeur qui va avec.',
    ],
    bold: [
      'Fini le «\u00a0pas mal\u00a0». Voici {brand}.',
      '{brand} n’attend pas demain.',
      'Les règles sont faites pour être réécrites, foi de {brand}.',
    ],
    inspiring: [
      'Toute grande histoire commence par un petit pas, et {brand} le fait avec vous.',
      'Imaginez tout ce qui devient possible avec {brand}.',
      '{brand} croit aux idées qui vous empêchent de dormir.',
    ],
  },
  bodies: [
    'Pensé dans les moindres détails, et conçu pour durer.',
    'Moins d’efforts, plus de temps pour ce qui compte vraiment.',
    'La différence se sent dès le premier jour.',
    'Fabriqué avec soin par des gens qui aiment ce qu’ils font.',
    'Facile à adopter, difficile à quitter.',
    'Tout s’adapte à votre quotidien, sans le bousculer.',
    'Honnête, fiable et d’une simplicité qui fait du bien.',
    'Les meilleures idées paraissent évidentes dès qu’on les essaie.',
    'Pas de chichis, pas de petites lignes, juste du travail bien fait.',
  ],
  audience: [
    'Imaginé pour vous\u00a0: {audience}.',
    'À qui cela s’adresse\u00a0? {audience}, évidemment.',
    '{audience}\u00a0: c’est pour vous.',
  ],
  closings: {
    friendly: [
      'Passez nous voir, vous serez les bienvenus.',
      'Dites-nous en commentaire ce que vous en pensez.',
    ],
    professional: ['Retrouvez tous les détails sur notre site.', 'Parlons ensemble de la suite.'],
    playful: ['Allez, avouez que ça vous tente.', 'Identifiez l’ami à qui il faut montrer ça.'],
    bold: ['À vous de jouer.', 'C’est maintenant.'],
    inspiring: ['Et vous, que commencez-vous aujourd’hui\u00a0?', 'Faites le premier pas avec nous.'],
  },
  hashtags: [
    'Nouveauté',
    'FaitAvecAmour',
    'PetitsBonheurs',
    'BonnesIdées',
    'CoupDeCœur',
    'AuQuotidien',
    'ÀDécouvrir',
    'Qualité',
    'Inspiration',
    'ToutSimplement',
  ],
  plan,
};
