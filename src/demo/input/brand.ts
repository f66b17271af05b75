import { z } from 'zod';
import type { CreateBrandInput } from '../../../client/index.ts';
import { channelNames } from './channels.ts';
import { oneOf, readJson, text, unlessMissing } from './json-file.ts';

const texts = z.array(text).default([]);

/** Checks only the shape. The server checks lengths, colours and addresses. */
const brandSchema = z.strictObject({
  name: text,
  content: z.strictObject(
    {
      voice: z.strictObject({ do: texts, dont: texts }).prefault({}),
      vocabulary: z
        .strictObject({
          forbidden: texts,
          required: texts,
          preferred: z.array(z.strictObject({ say: text, insteadOf: text })).default([]),
        })
        .prefault({}),
      facts: texts,
      examples: texts,
      visual: z
        .strictObject({
          palette: texts,
          style: texts,
          logo: z
            .strictObject({
              image: text,
              corner: oneOf(['TOP_LEFT', 'TOP_RIGHT', 'BOTTOM_LEFT', 'BOTTOM_RIGHT']),
              widthPercent: z.int('must be a whole number'),
            })
            .optional(),
        })
        .prefault({}),
      hashtags: texts,
      link: z.strictObject({ url: text, utm: text.optional() }).optional(),
      disclaimers: z
        .array(z.strictObject({ channels: z.array(oneOf(channelNames)).default([]), text }))
        .default([]),
    },
    unlessMissing('must be an object'),
  ),
}) satisfies z.ZodType<CreateBrandInput>;

/**
 * Reads a brand: a JSON file with the fields of `CreateBrandInput` and no others.
 *
 * @throws InputFileError
 */
export async function readBrand(file: string): Promise<CreateBrandInput> {
  return readJson(file, brandSchema, 'brand');
}
