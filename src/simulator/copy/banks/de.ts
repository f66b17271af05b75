import type { Bank } from '../bank.ts';
import { de as plan } from '../plan/words/de.ts';
import { de as series } from '../series/de.ts';

export const de: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Schön, dass du da bist: {brand} hat dir einen Platz freigehalten.',
      'Manchmal macht eine Kleinigkeit den ganzen Tag schöner, zum Beispiel {brand}.',
      'Darf ich vorstellen? Das ist {brand}, und ihr werdet euch mögen.',
    ],
    professional: [
      '{brand} schafft Klarheit, wo Entscheidungen zählen.',
      'Qualität ist kein Zufall, und {brand} überlässt nichts dem Zufall.',
      'Mit {brand} steht gute Arbeit auf einem festen Fundament.',
    ],
    playful: [
      'Achtung: {brand} kann spontane Freudentänze auslösen.',
      'Dein Montag hat angerufen. Er will jetzt auch {brand}.',
      'Klopf, klopf. Wer ist da? {brand}, und gute Laune ist auch dabei.',
    ],
    bold: [
      'Schluss mit „gut genug“. Jetzt kommt {brand}.',
      '{brand} wartet nicht auf morgen.',
      'Regeln sind dazu da, neu geschrieben zu werden. Von {brand}.',
    ],
    inspiring: [
      'Jede große Geschichte beginnt mit einem kleinen Schritt, und {brand} geht ihn mit dir.',
      'Stell dir vor, was mit {brand} alles möglich wird.',
      '{brand} glaubt an die Ideen, die dich nachts wach halten.',
    ],
  },
  bodies: [
    'Bis ins letzte Detail durchdacht und gemacht, um zu bleiben.',
    'Weniger Aufwand, mehr Zeit für das, was wirklich zählt.',
    'Der Unterschied zeigt sich schon am ersten Tag.',
    'Mit Sorgfalt gemacht von Menschen, die lieben, was sie tun.',
    'Leicht anzufangen, schwer wieder herzugeben.',
    'Passt in den Alltag, ohne ihn auf den Kopf zu stellen.',
    'Ehrlich, zuverlässig und angenehm unkompliziert.',
    'Die besten Ideen wirken selbstverständlich, sobald man sie ausprobiert.',
    'Kein Schnickschnack, kein Kleingedrucktes, einfach gut gemacht.',
  ],
  audience: [
    'Gemacht für {audience}.',
    'Gedacht für {audience} und alle, die es werden wollen.',
    'Die Zielgruppe? Ganz klar: {audience}.',
  ],
  closings: {
    friendly: ['Komm vorbei und überzeug dich selbst.', 'Schreib uns in die Kommentare, was du denkst.'],
    professional: ['Mehr dazu auf unserer Website.', 'Sprechen Sie mit uns über den nächsten Schritt.'],
    playful: ['Na los, du willst es doch auch.', 'Markiere die Person, die das jetzt braucht.'],
    bold: ['Du bist am Zug.', 'Jetzt zugreifen.'],
    inspiring: ['Was fängst du heute an?', 'Mach mit uns den ersten Schritt.'],
  },
  hashtags: [
    'Neuheit',
    'MitLiebeGemacht',
    'Alltagsglück',
    'GuteIdeen',
    'Lieblingsstück',
    'KleineFreuden',
    'Entdecken',
    'Qualität',
    'Inspiration',
    'EinfachGut',
  ],
  plan,
  series,
};
