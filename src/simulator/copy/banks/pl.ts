import { pl as plan } from '../plan/words/pl.ts';
import type { Bank } from '../bank.ts';

// The brand always stands in the nominative, so that it needs no case ending.
export const pl: Bank = {
  joiner: ' ',
  openings: {
    friendly: [
      'Dobrymi rzeczami warto się dzielić, a {brand} to jedna z nich.',
      'Poznaj nas bliżej: {brand} to drobiazg, który umila każdy dzień.',
      'Zapraszamy do środka. {brand} ma dla ciebie wolne miejsce.',
    ],
    professional: [
      '{brand} wnosi jasność tam, gdzie liczą się decyzje.',
      'Jakość to nie przypadek, a {brand} niczego nie zostawia przypadkowi.',
      'Dobra praca potrzebuje solidnych podstaw. {brand} je daje.',
    ],
    playful: [
      'Uwaga: {brand} może wywołać niekontrolowany taniec radości.',
      'Dzwonił twój poniedziałek. Też chce wiedzieć, co to {brand}.',
      'Puk, puk. Kto tam? {brand} i dobry humor.',
    ],
    bold: [
      'Koniec z „może być”. Nadchodzi {brand}.',
      '{brand} nie czeka do jutra.',
      'Zasady są po to, by pisać je od nowa. {brand} już zaczyna.',
    ],
    inspiring: [
      'Każda wielka historia zaczyna się od małego kroku, a {brand} idzie razem z tobą.',
      'Wyobraź sobie, co jest możliwe, gdy obok jest {brand}.',
      '{brand} wierzy w pomysły, które nie dają ci spać.',
    ],
  },
  bodies: [
    'Przemyślane w każdym szczególe i stworzone na lata.',
    'Mniej wysiłku, więcej czasu na to, co naprawdę ważne.',
    'Różnicę poczujesz już pierwszego dnia.',
    'Tworzone z troską przez ludzi, którzy kochają to, co robią.',
    'Łatwo zacząć, trudno przestać.',
    'Pasuje do twojego dnia i nie wywraca go do góry nogami.',
    'Uczciwie, solidnie i po prostu bez komplikacji.',
    'Najlepsze pomysły wydają się oczywiste, gdy tylko się je wypróbuje.',
    'Bez zbędnych słów, bez drobnego druku, za to porządnie.',
  ],
  audience: [
    'Dla kogo? {audience}, oczywiście.',
    '{audience}: to coś w sam raz dla was.',
    'Z myślą o jednej grupie: {audience}.',
  ],
  closings: {
    friendly: ['Wpadnij i przekonaj się na własne oczy.', 'Napisz w komentarzu, co o tym myślisz.'],
    professional: ['Więcej informacji na naszej stronie.', 'Porozmawiajmy o kolejnym kroku.'],
    playful: ['No dalej, przecież masz ochotę.', 'Oznacz osobę, której się to przyda.'],
    bold: ['Twój ruch.', 'Sięgnij po swoje.'],
    inspiring: ['A ty co dziś zaczniesz?', 'Zrób z nami pierwszy krok.'],
  },
  hashtags: [
    'Nowość',
    'ZMiłości',
    'MałeRadości',
    'DobrePomysły',
    'Ulubione',
    'NaCoDzień',
    'Odkrywaj',
    'Jakość',
    'Inspiracja',
    'PoProstuDobre',
  ],
  plan,
};
