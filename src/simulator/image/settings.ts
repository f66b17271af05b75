import { hills, stage, type Scene } from './scenes.ts';

/** Words of a scene that tell where it is, in the languages that plans are written in. */
const settings: readonly (readonly [RegExp, Scene])[] = [
  [
    /field|tree|hill|lake|forest|beach|street|outdoor|feld|baum|wald|see\b|straße|畑|木の下|通り|champ|rue\b|campo|calle|strada|rua\b|veld|straat|pola|ulic|fält|gata|mark\b|gade/giu,
    hills,
  ],
  [
    /table|window|kitchen|workshop|wall|door|step\b|room|indoor|tisch|fenster|küche|werkstatt|wand\b|tür|stufe|テーブル|窓|台所|工房|壁|玄関|石段|fenêtre|atelier|mesa|ventana|taller|tavolo|finestra|bottega|janela|oficina|tafel|raam|werkplaats|stole|oknie|warsztacie|bord\b|fönster|verkstad|vindue|værksted/giu,
    stage,
  ],
];

/** The setting that a scene speaks of most; undefined if it names none. */
export function settingOf(text: string): Scene | undefined {
  const counted = settings.map(([words, scene]) => ({ scene, count: text.match(words)?.length ?? 0 }));
  const best = counted.reduce((one, other) => (other.count > one.count ? other : one));
  return best.count === 0 ? undefined : best.scene;
}
