import { z } from 'zod';
import { readBrand } from '../copy/brand.ts';
import { readBrief } from '../copy/brief.ts';
import { readScene } from '../copy/plan/request.ts';
import { countTokens } from './endpoint.ts';
import type { PrepareCall } from './endpoint.ts';
import { fromZodError } from '../behaviour/errors.ts';
import { requireModel } from '../models.ts';
import { drawImage } from '../image/image.ts';
import { hash } from '../random.ts';

const SIZES = {
  '1024x1024': { width: 1024, height: 1024 },
  '1536x1024': { width: 1536, height: 1024 },
  '1024x1536': { width: 1024, height: 1536 },
} as const;

/**
 * Output tokens of one image of gpt-image-2, from its prices at $30 a million: square images cost more than
 * oblong ones.
 */
const OUTPUT_TOKENS = {
  low: { square: 196, oblong: 157 },
  medium: { square: 1756, oblong: 1372 },
  high: { square: 7024, oblong: 5488 },
} as const;

// Strict, as the real endpoint is: a parameter of the old DALL·E models is an error there too.
const ImageRequestSchema = z.strictObject({
  model: z.string().min(1),
  prompt: z.string().min(1).max(32_000),
  n: z.int().min(1).max(10).nullish(),
  size: z.enum([...Object.keys(SIZES), 'auto']).nullish(),
  quality: z.enum(['low', 'medium', 'high', 'auto']).nullish(),
  output_format: z.literal('png', { error: 'the simulator draws png only' }).nullish(),
  background: z.enum(['opaque', 'auto'], { error: 'the simulator draws opaque images only' }).nullish(),
  moderation: z.enum(['low', 'auto']).nullish(),
  stream: z.literal(false, { error: 'the simulator does not stream images' }).nullish(),
  user: z.string().optional(),
});

/** `POST /v1/images/generations`. "auto" is a square of medium quality. */
export const prepareImages: PrepareCall = (body, seed, dialect) => {
  const parsed = ImageRequestSchema.safeParse(body);
  if (!parsed.success) throw fromZodError(parsed.error);
  const { model, prompt } = parsed.data;
  requireModel(dialect, 'images', model);

  const count = parsed.data.n ?? 1;
  const size =
    parsed.data.size === '1536x1024' || parsed.data.size === '1024x1536' ? parsed.data.size : '1024x1024';
  const asked = parsed.data.quality ?? 'auto';
  const quality = asked === 'auto' ? 'medium' : asked;
  const shape = size === '1024x1024' ? 'square' : 'oblong';
  const inputTokens = countTokens(prompt);
  const outputTokens = OUTPUT_TOKENS[quality][shape] * count;

  return {
    model,
    prompt,
    cost: { requests: 1, tokens: inputTokens, images: count },
    streamed: false,
    async produce({ fault, nth }) {
      const { brief } = readBrief(prompt);
      const scene = readScene(prompt);
      const { palette } = readBrand(prompt);
      const images = fault === 'empty_image' ? [] : Array.from({ length: count }, (_, index) => index);
      const data = await Promise.all(
        images.map((index) =>
          drawImage({
            ...SIZES[size],
            brand: brief.brand,
            tone: brief.tone,
            scene,
            colours: palette,
            subject: `${brief.brand ?? ''} ${brief.description ?? prompt}`,
            seed: nth === 1 ? hash(seed, prompt, index) : hash(seed, prompt, index, nth),
          }),
        ),
      );
      return {
        kind: 'json',
        usage: { inputTokens, outputTokens, images: count },
        body: {
          created: Math.floor(Date.now() / 1000),
          background: 'opaque',
          output_format: 'png',
          quality,
          size,
          data: data.map((png) => ({ b64_json: png.toString('base64') })),
          usage: {
            input_tokens: inputTokens,
            input_tokens_details: { text_tokens: inputTokens, image_tokens: 0 },
            output_tokens: outputTokens,
            output_tokens_details: { text_tokens: 0, image_tokens: outputTokens },
            total_tokens: inputTokens + outputTokens,
          },
        },
      };
    },
  };
};
