import { it as plan } from '../plan/words/it.ts';
import type { Bank } from '../bank.ts';

export const it: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Le cose belle vanno condivise, e {brand} è una di queste.',
      'Ti presentiamo {brand}, il piccolo gesto che rende migliore ogni giornata.',
      'Entra pure: {brand} ti ha tenuto un posto.',
    ],
    professional: [
      '{brand} porta chiarezza nelle decisioni che contano.',
      'La qualità non è un caso, e {brand} lo dimostra ogni giorno.',
      'Con {brand} il buon lavoro parte da basi solide.',
    ],
    playful: [
      'Attenzione: {brand} può provocare balletti improvvisi di gioia.',
      'Ha chiamato il tuo lunedì. Dice che vuole {brand} anche lui.',
      'Toc, toc. Chi è? È {brand}, e ha portato il buonumore.',
    ],
    bold: [
      'Basta con il «può andare». È arrivato il momento di {brand}.',
      '{brand} non aspetta domani.',
      'Le regole si possono riscrivere, parola di {brand}.',
    ],
    inspiring: [
      'Ogni grande storia comincia con un piccolo passo, e {brand} lo fa insieme a te.',
      'Immagina che cosa diventa possibile con {brand}.',
      '{brand} crede nelle idee che non ti fanno dormire.',
    ],
  },
  bodies: [
    'Pensato fin nei minimi dettagli e fatto per durare.',
    'Meno fatica e più tempo per quello che conta davvero.',
    'La differenza si sente già dal primo giorno.',
    'Fatto con cura da persone che amano il proprio lavoro.',
    'Facile da iniziare, difficile da lasciare.',
    'Si adatta alla tua giornata senza stravolgerla.',
    'Onesto, affidabile e piacevolmente semplice.',
    'Le idee migliori sembrano ovvie appena le provi.',
    'Niente fronzoli, niente clausole in piccolo: solo un lavoro ben fatto.',
  ],
  audience: [
    'Pensato per {audience}.',
    'Per chi è? Per {audience}, naturalmente.',
    '{audience}: questo è per voi.',
  ],
  closings: {
    friendly: ['Vieni a trovarci e provalo di persona.', 'Scrivici nei commenti che cosa ne pensi.'],
    professional: ['Scopri di più sul nostro sito.', 'Parliamo insieme del prossimo passo.'],
    playful: ['Dai, lo sappiamo che ti tenta.', 'Tagga l’amico che ne ha bisogno.'],
    bold: ['Tocca a te.', 'Prendilo adesso.'],
    inspiring: ['E tu, che cosa cominci oggi?', 'Fai il primo passo con noi.'],
  },
  hashtags: [
    'Novità',
    'FattoConAmore',
    'PiccoliPiaceri',
    'BuoneIdee',
    'ColpoDiFulmine',
    'OgniGiorno',
    'DaScoprire',
    'Qualità',
    'Ispirazione',
    'CosìSemplice',
  ],
  plan,
};
