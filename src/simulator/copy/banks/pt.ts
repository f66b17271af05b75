import { pt as plan } from '../plan/words/pt.ts';
import type { Bank } from '../bank.ts';

// Worded to read well in Portugal and in Brazil: no singular "você", no "tu", no word that only one side uses.
export const pt: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'O que é bom merece ser dividido, e {brand} não é exceção.',
      'Conheça {brand}, o pequeno detalhe que deixa qualquer dia mais leve.',
      'Pode entrar: {brand} guardou um lugar especial.',
    ],
    professional: [
      '{brand} traz clareza às decisões que importam.',
      'Qualidade não é acaso, e {brand} prova isso todos os dias.',
      'Com {brand}, o bom trabalho começa por uma base sólida.',
    ],
    playful: [
      'Atenção: {brand} pode causar danças espontâneas de alegria.',
      'A segunda-feira ligou. Disse que também quer {brand}.',
      'Toc, toc. Quem é? É {brand}, e trouxe bom humor.',
    ],
    bold: [
      'Chega de «mais ou menos». Chegou a vez de {brand}.',
      '{brand} não espera por amanhã.',
      'As regras existem para ser reescritas, palavra de {brand}.',
    ],
    inspiring: [
      'Toda grande história começa com um pequeno passo, e {brand} vai junto.',
      'Imagine tudo o que é possível com {brand}.',
      '{brand} acredita nas ideias que não deixam ninguém dormir.',
    ],
  },
  bodies: [
    'Pensado nos mínimos detalhes e feito para durar.',
    'Menos esforço e mais tempo para o que realmente importa.',
    'Dá para sentir a diferença logo no primeiro dia.',
    'Feito com carinho por quem ama o que faz.',
    'Fácil de começar, difícil de largar.',
    'Cabe no dia a dia sem virar nada do avesso.',
    'Honesto, seguro e sem complicações.',
    'As melhores ideias parecem óbvias assim que são postas à prova.',
    'Sem rodeios, sem letras pequenas: só um trabalho bem feito.',
  ],
  audience: [
    'Pensado para {audience}.',
    'Para quem é? Para {audience}, claro.',
    '{audience}: esta é para vocês.',
  ],
  closings: {
    friendly: ['Venha conhecer de perto.', 'Conte nos comentários o que achou.'],
    professional: ['Saiba mais no nosso site.', 'Vamos conversar sobre o próximo passo.'],
    playful: ['A tentação é grande, não é?', 'Marque aquela pessoa que vai adorar.'],
    bold: ['É agora.', 'Não fique de fora.'],
    inspiring: ['O que vamos começar hoje?', 'Dê hoje mesmo o primeiro passo.'],
  },
  hashtags: [
    'Novidade',
    'FeitoComAmor',
    'PequenosPrazeres',
    'BoasIdeias',
    'NossoFavorito',
    'DiaADia',
    'ParaDescobrir',
    'Qualidade',
    'Inspiração',
    'SimplesAssim',
  ],
  plan,
};
