import { da as plan } from '../plan/words/da.ts';
import type { Bank } from '../bank.ts';

export const da: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Gode ting skal deles, og {brand} er ingen undtagelse.',
      'Sig hej til {brand}, den lille forskel, der gør hverdagen lidt rarere.',
      'Kom bare indenfor: {brand} har gemt en plads til dig.',
    ],
    professional: [
      '{brand} skaber klarhed over de beslutninger, der betyder noget.',
      'Kvalitet er ikke et tilfælde, og det ved vi hos {brand}.',
      'Med {brand} hviler godt arbejde på et solidt fundament.',
    ],
    playful: [
      'Advarsel: {brand} kan udløse spontane glædesdanse.',
      'Din mandag har ringet. Den vil også have {brand}.',
      'Bank, bank. Hvem der? {brand}, og det gode humør er med.',
    ],
    bold: [
      'Nøjes ikke med fint nok. Her er {brand}.',
      '{brand} venter ikke på i morgen.',
      'Regler er til for at blive skrevet om. Spørg bare {brand}.',
    ],
    inspiring: [
      'Enhver stor historie begynder med et lille skridt, og {brand} tager det sammen med dig.',
      'Forestil dig alt det, der bliver muligt med {brand}.',
      '{brand} tror på de idéer, der holder dig vågen om natten.',
    ],
  },
  bodies: [
    'Gennemtænkt ned til mindste detalje og lavet til at holde.',
    'Mindre besvær og mere tid til det, der virkelig tæller.',
    'Du mærker forskellen allerede den første dag.',
    'Lavet med omhu af mennesker, der elsker det, de laver.',
    'Let at komme i gang med, svær at undvære.',
    'Det passer ind i din dag uden at vende op og ned på den.',
    'Ærligt, pålideligt og befriende ukompliceret.',
    'De bedste idéer virker indlysende, så snart man prøver dem.',
    'Ingen dikkedarer, intet med småt, bare et godt stykke arbejde.',
  ],
  audience: [
    'Skabt til {audience}.',
    'Til hvem? Til {audience}, selvfølgelig.',
    '{audience}: den her er til jer.',
  ],
  closings: {
    friendly: ['Kig forbi, og se det selv.', 'Skriv i kommentarerne, hvad du synes.'],
    professional: ['Læs mere på vores hjemmeside.', 'Tal med os om næste skridt.'],
    playful: ['Kom nu, du har jo lyst.', 'Tag den ven, der har brug for det her.'],
    bold: ['Det er din tur.', 'Slå til nu.'],
    inspiring: ['Hvad begynder du på i dag?', 'Tag det første skridt sammen med os.'],
  },
  hashtags: [
    'Nyhed',
    'LavetMedKærlighed',
    'Hverdagsglæde',
    'GodeIdéer',
    'Favorit',
    'SmåGlæder',
    'GåPåOpdagelse',
    'Kvalitet',
    'Inspiration',
    'HeltEnkelt',
  ],
  plan,
};
