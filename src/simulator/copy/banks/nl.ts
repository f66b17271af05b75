import { nl as plan } from '../plan/words/nl.ts';
import type { Bank } from '../bank.ts';

export const nl: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Mooie dingen deel je, en {brand} is er daar één van.',
      'Maak kennis met {brand}, het kleine verschil dat elke dag wat leuker maakt.',
      'Kom binnen: {brand} heeft een plekje voor je vrijgehouden.',
    ],
    professional: [
      '{brand} brengt helderheid in beslissingen die ertoe doen.',
      'Kwaliteit is geen toeval, en dat weten ze bij {brand}.',
      'Met {brand} krijgt goed werk een stevig fundament.',
    ],
    playful: [
      'Let op: {brand} kan spontane vreugdedansjes veroorzaken.',
      'Je maandag heeft gebeld. Die wil nu ook {brand}.',
      'Klop, klop. Wie is daar? {brand}, en de gezelligheid komt mee.',
    ],
    bold: [
      'Weg met ‘goed genoeg’. Hier is {brand}.',
      '{brand} wacht niet op morgen.',
      'Regels zijn er om te herschrijven. Vraag het maar aan {brand}.',
    ],
    inspiring: [
      'Elk groot verhaal begint met een kleine stap, en {brand} zet die samen met jou.',
      'Stel je voor wat er mogelijk wordt met {brand}.',
      '{brand} gelooft in de ideeën die je uit je slaap houden.',
    ],
  },
  bodies: [
    'Tot in de kleinste details doordacht, en gemaakt om lang mee te gaan.',
    'Minder gedoe en meer tijd voor wat echt telt.',
    'Het verschil merk je al vanaf de eerste dag.',
    'Met zorg gemaakt door mensen die houden van wat ze doen.',
    'Makkelijk om mee te beginnen, lastig om zonder te leven.',
    'Het past gewoon in je dag, zonder alles overhoop te halen.',
    'Eerlijk, betrouwbaar en heerlijk ongecompliceerd.',
    'De beste ideeën lijken vanzelfsprekend zodra je ze probeert.',
    'Geen poespas, geen kleine lettertjes, gewoon goed werk.',
  ],
  audience: [
    'Gemaakt voor {audience}.',
    'Voor wie? Voor {audience}, natuurlijk.',
    '{audience}: deze is voor jullie.',
  ],
  closings: {
    friendly: ['Kom langs en ontdek het zelf.', 'Laat ons in de reacties weten wat je ervan vindt.'],
    professional: ['Lees meer op onze website.', 'Praat met ons over de volgende stap.'],
    playful: ['Toe maar, je wilt het toch.', 'Tag die ene vriend die dit nodig heeft.'],
    bold: ['Jij bent aan zet.', 'Pak hem nu.'],
    inspiring: ['Waar begin jij vandaag mee?', 'Zet samen met ons de eerste stap.'],
  },
  hashtags: [
    'Nieuw',
    'MetLiefdeGemaakt',
    'KleinGeluk',
    'GoedeIdeeën',
    'Favoriet',
    'ElkeDag',
    'Ontdekken',
    'Kwaliteit',
    'Inspiratie',
    'GewoonGoed',
  ],
  plan,
};
