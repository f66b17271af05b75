import { maxItemCharacters, type Item } from '../../../domain/plans/item.ts';
import type { builder } from '../../builder.ts';

type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>;

/** The parts of a plan item in an input. All of them may be left out. */
export const partFields = (t: InputFields) => {
  const part = (name: keyof Item, description: string) =>
    t.string({
      required: false,
      description: `${description}, at most ${maxItemCharacters[name]} characters.`,
    });
  return {
    angle: part('angle', 'The side from which the post looks at the campaign'),
    hook: part('hook', 'The idea of the first line of the post'),
    keyMessage: part('keyMessage', 'The message that the reader is to remember'),
    scene: part('scene', 'The subject, place and light of the picture'),
    audience: part('audience', 'The people that the post speaks to'),
  };
};
