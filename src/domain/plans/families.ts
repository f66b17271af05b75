/** Sides from which a post can look at a campaign. Windows of a plan that are made at the same time take different ones. */
export const angleFamilies = [
  'a customer story',
  'a how-to',
  'a myth and the fact',
  'behind the scenes',
  'one number and what it means',
  'a question to the reader',
  'before and after',
  'a mistake that many make',
  'a checklist',
  'the people who make it',
  'a small ritual or habit',
  'where it comes from',
  'an objection and its answer',
  'a comparison with the usual way',
  'a season or a day of the week',
  'a moment in the day of the reader',
  'a look at one detail',
  'a surprising use',
  'a value that the brand stands for',
  'a sense: taste, sound, touch',
  'a challenge to try',
  'advice of an expert',
  'a look ahead',
  'thanks to the community',
  'a little humour',
] as const;

/** How many families one window gets: five windows that run at the same time share none. */
const familiesOfWindow = 5;

/** @param window the number of a window, from 0. @returns its families. */
export function familiesOf(window: number): string[] {
  return Array.from({ length: familiesOfWindow }, (_, index) => {
    const family = angleFamilies[(window * familiesOfWindow + index) % angleFamilies.length];
    if (family === undefined) throw new Error('there are no families');
    return family;
  });
}
