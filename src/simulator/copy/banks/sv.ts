import { sv as plan } from '../plan/words/sv.ts';
import type { Bank } from '../bank.ts';

export const sv: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Det som är bra ska delas, och {brand} är inget undantag.',
      'Säg hej till {brand}, den lilla skillnaden som gör vardagen lite finare.',
      'Kom in i värmen: {brand} har sparat en plats åt dig.',
    ],
    professional: [
      '{brand} ger klarhet i de beslut som betyder något.',
      'Kvalitet är ingen slump, och det vet vi på {brand}.',
      'Med {brand} vilar ett gott arbete på stadig grund.',
    ],
    playful: [
      'Varning: {brand} kan orsaka spontana glädjedanser.',
      'Din måndag ringde. Den vill också ha {brand}.',
      'Knack, knack. Vem där? {brand}, och det goda humöret är med.',
    ],
    bold: [
      'Nöj dig inte med okej. Här är {brand}.',
      '{brand} väntar inte på morgondagen.',
      'Regler är till för att skrivas om. Fråga {brand}.',
    ],
    inspiring: [
      'Varje stor berättelse börjar med ett litet steg, och {brand} tar det med dig.',
      'Tänk dig allt som blir möjligt med {brand}.',
      '{brand} tror på idéerna som håller dig vaken om natten.',
    ],
  },
  bodies: [
    'Genomtänkt in i minsta detalj och gjort för att hålla.',
    'Mindre krångel och mer tid för det som verkligen räknas.',
    'Du märker skillnaden redan första dagen.',
    'Gjort med omsorg av människor som älskar det de gör.',
    'Lätt att börja med, svårt att vara utan.',
    'Det passar in i din vardag utan att vända upp och ner på den.',
    'Ärligt, pålitligt och befriande enkelt.',
    'De bästa idéerna känns självklara så fort man provar dem.',
    'Inget krångel, inget finstilt, bara ett väl utfört arbete.',
  ],
  audience: [
    'Skapat för {audience}.',
    'För vem? För {audience}, så klart.',
    '{audience}: den här är till er.',
  ],
  closings: {
    friendly: ['Kom förbi och se själv.', 'Berätta i kommentarerna vad du tycker.'],
    professional: ['Läs mer på vår webbplats.', 'Prata med oss om nästa steg.'],
    playful: ['Kom igen, du vill ju.', 'Tagga vännen som behöver det här.'],
    bold: ['Nu är det din tur.', 'Slå till i dag.'],
    inspiring: ['Vad börjar du med i dag?', 'Ta första steget tillsammans med oss.'],
  },
  hashtags: [
    'Nyhet',
    'GjortMedKärlek',
    'Vardagslycka',
    'BraIdéer',
    'Favorit',
    'SmåGlädjeämnen',
    'Upptäck',
    'Kvalitet',
    'Inspiration',
    'HeltEnkelt',
  ],
  plan,
};
