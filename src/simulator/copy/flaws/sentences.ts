/** Sentences that break a rule, in one language. */
export type FlawSentences = {
  /** With `{word}`: a word that the brand forbids. */
  readonly forbidden: string;
  /** With `{dont}`: a clause of the brand. */
  readonly dont: string;
  /** With `{price}`. */
  readonly price: string;
  /** How a price is written, with `{number}`. */
  readonly money: string;
};

const en: FlawSentences = {
  forbidden: 'Some would simply call it {word}.',
  dont: 'Just this once, against our habit: {dont}.',
  price: 'Yours for {price}.',
  money: '${number}.90',
};

const euros = '{number},90 €';

const sentences: Readonly<Record<string, FlawSentences>> = {
  en,
  de: {
    forbidden: 'Manche nennen es einfach {word}.',
    dont: 'Nur dieses eine Mal, gegen unsere Gewohnheit: {dont}.',
    price: 'Schon für {price}.',
    money: euros,
  },
  fr: {
    forbidden: 'Certains diraient simplement {word}.',
    dont: 'Pour une fois, contre notre habitude : {dont}.',
    price: 'À partir de {price}.',
    money: euros,
  },
  es: {
    forbidden: 'Algunos dirían simplemente {word}.',
    dont: 'Solo por esta vez, contra nuestra costumbre: {dont}.',
    price: 'Desde {price}.',
    money: euros,
  },
  it: {
    forbidden: 'Qualcuno direbbe semplicemente {word}.',
    dont: 'Solo per questa volta, contro la nostra abitudine: {dont}.',
    price: 'A partire da {price}.',
    money: euros,
  },
  pt: {
    forbidden: 'Há quem diga simplesmente {word}.',
    dont: 'Só desta vez, contra o nosso hábito: {dont}.',
    price: 'A partir de {price}.',
    money: euros,
  },
  nl: {
    forbidden: 'Sommigen noemen het gewoon {word}.',
    dont: 'Alleen deze keer, tegen onze gewoonte: {dont}.',
    price: 'Vanaf {price}.',
    money: euros,
  },
  pl: {
    forbidden: 'Niektórzy powiedzą po prostu: {word}.',
    dont: 'Tylko ten jeden raz, wbrew zwyczajowi: {dont}.',
    price: 'Już za {price}.',
    money: '{number},90 zł',
  },
  sv: {
    forbidden: 'Somliga säger helt enkelt {word}.',
    dont: 'Bara den här gången, mot vår vana: {dont}.',
    price: 'Från {price}.',
    money: '{number},90 kr',
  },
  da: {
    forbidden: 'Nogle siger bare {word}.',
    dont: 'Kun denne ene gang, imod vores vane: {dont}.',
    price: 'Fra {price}.',
    money: '{number},90 kr.',
  },
  ja: {
    forbidden: 'ひとことで言えば「{word}」です。',
    dont: '今回だけ、いつもの決まりに反して――{dont}。',
    price: '{price}から。',
    money: '{number}90円',
  },
};

/** @param language the primary part of a BCP 47 tag. */
export function flawSentences(language: string): FlawSentences {
  return sentences[language] ?? en;
}

/** The excerpts of a text that break a clause, with the clause or the word that they break. */
export function plantedIn(text: string): { readonly excerpt: string; readonly broken: string }[] {
  return Object.values(sentences)
    .flatMap(({ forbidden, dont }) => [forbidden, dont])
    .flatMap((template) => {
      const [before = '', after = ''] = template.split(/\{\w+\}/);
      const pattern = new RegExp(`${RegExp.escape(before)}(?<broken>.{1,300}?)${RegExp.escape(after)}`, 'su');
      const found = pattern.exec(text);
      return found === null ? [] : [{ excerpt: found[0], broken: found.groups?.['broken'] ?? '' }];
    });
}
