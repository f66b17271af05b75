/** The name of a thing that can be drawn. */
export type Subject =
  | 'bicycle'
  | 'bottle'
  | 'teaCup'
  | 'mug'
  | 'loaf'
  | 'shoe'
  | 'book'
  | 'plant'
  | 'house'
  | 'mountains';

/** Words of a brief that name a thing that can be drawn, in the languages of the examples and some more. */
const subjects: readonly (readonly [RegExp, Subject])[] = [
  [/\bbik(?:e|es|ing)\b|cycl|fahrr[aä]d|\bräder|自転車|vélo|bicicl|fiets|cykel|rower/giu, 'bicycle'],
  [
    /water|wasser|\bspring\b|bottle|flasche|quelle|ミネラル|\beaux?\b|\bagua\b|bouteille|acqua|água|\bvatten|\bvand(?!\p{L})|\bwod[aęy](?!\p{L})/giu,
    'bottle',
  ],
  [
    /\bteas?\b|\btees?\b|茶|\bth[eé]es?\b|\bt[éè](?!\p{L})|\bchá(?!\p{L})|\bkopp? te(?!\p{L})|herbat/giu,
    'teaCup',
  ],
  [
    /coffee|espresso|\broast|kaffee|röst|コーヒー|珈琲|\bcafés?\b|caffè|\bcafé(?!\p{L})|koffie|kaffe|\bkaw[aęy](?!\p{L})/giu,
    'mug',
  ],
  [
    /\bbread|baker|\bloaf|brot|bäcker|パン|\bpains?\b|boulang|barra de pan|pagnott|\bpão(?!\p{L})|\bbrood|chleb|\blimpa|brød/giu,
    'loaf',
  ],
  [
    /\bshoes?\b|sneaker|\bboots?\b|schuh|stiefel|靴|chaussure|zapat|scarp[ae]|sapato|schoen|\bbutów|\bskor?(?!\p{L})/giu,
    'shoe',
  ],
  [
    /\bbooks?\b|librar|buch|bücher|本屋|書店|\blivres?\b|\blibro|\blivro|\bboek|książ|öppen bok|åben bog/giu,
    'book',
  ],
  [
    /garden|flower|\bplants?\b|garten|gärt|blume|pflanz|花|庭|植物|jard[ií]n|fleur|pianta|roślin|växt/giu,
    'plant',
  ],
  [
    /\bhomes?\b|\bhouses?\b|furnitur|\bhaus|wohn|möbel|家|住まい|maison|\bcasa\b|\bhuis|\bhus(?!\p{L})|\bdom(?!\p{L})/giu,
    'house',
  ],
  [
    /mountain|hik(?:e|ing)|\btrail|\bberge?\b|wander|登山|montagn|montañ|montanh|wandelpad|szlak|fjäll|bjerg/giu,
    'mountains',
  ],
];

/** The thing that a text speaks of most; undefined for none that can be drawn. */
export function subjectOf(text: string): Subject | undefined {
  const counted = subjects.map(([words, name]) => ({ name, count: text.match(words)?.length ?? 0 }));
  const best = counted.reduce((one, other) => (other.count > one.count ? other : one));
  return best.count === 0 ? undefined : best.name;
}
