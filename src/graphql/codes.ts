import { builder } from './builder.ts';

/**
 * Defines an enum of codes.
 *
 * @param guide what each code means, in Markdown. Its keys are all codes that the field can have.
 */
export function codeEnum(name: string, description: string, guide: Readonly<Record<string, string>>) {
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(Object.entries(guide).map(([code, text]) => [code, { description: text }])),
  });
}
