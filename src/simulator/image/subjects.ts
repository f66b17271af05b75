import * as motifs from './motifs.ts';
import type { Motif } from './motifs.ts';

/** Words of a brief that name a thing that can be drawn, in the languages of the examples and some more. */
const subjects: readonly (readonly [RegExp, Motif])[] = [
  [/\bbik(?:e|es|ing)\b|cycl|fahrr[aä]d|\bräder|自転車|vélo|bicicl|fiets|cykel|rower/giu, motifs.bicycle],
  [/water|wasser|\bspring\b|bottle|flasche|quelle|ミネラル|\beaux?\b|\bagua\b|bouteille/giu, motifs.bottle],
  [/\bteas?\b|\btees?\b|茶|\bthés?\b/giu, motifs.teaCup],
  [/coffee|espresso|\broast|kaffee|röst|コーヒー|珈琲|\bcafés?\b|caffè/giu, motifs.mug],
  [/\bbread|baker|\bloaf|brot|bäcker|パン|\bpains?\b|boulang/giu, motifs.loaf],
  [/\bshoes?\b|sneaker|\bboots?\b|schuh|stiefel|靴|chaussure|zapat/giu, motifs.shoe],
  [/\bbooks?\b|librar|buch|bücher|本屋|書店|\blivres?\b|\blibros?\b/giu, motifs.book],
  [/garden|flower|\bplants?\b|garten|gärt|blume|pflanz|花|庭|植物|jardin|fleur/giu, motifs.plant],
  [/\bhomes?\b|\bhouses?\b|furnitur|\bhaus|wohn|möbel|家|住まい|maison|\bcasa\b/giu, motifs.house],
  [/mountain|hik(?:e|ing)|\btrail|\bberge?\b|wander|登山|montagne|montaña/giu, motifs.mountains],
];

/** The thing that a text speaks of most; undefined for none that can be drawn. */
export function subjectOf(text: string): Motif | undefined {
  const counted = subjects.map(([words, motif]) => ({ motif, count: text.match(words)?.length ?? 0 }));
  const best = counted.reduce((one, other) => (other.count > one.count ? other : one));
  return best.count === 0 ? undefined : best.motif;
}
