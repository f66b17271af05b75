import { unknownModel } from './behaviour/errors.ts';
import type { Endpoint } from './endpoints/names.ts';

/** The models that `GET /v1/models` lists. Others of the same families work too, so a setting may be newer than this. */
const LISTED = [
  'gpt-5.4',
  'gpt-5.4-mini',
  'gpt-5.4-nano',
  'gpt-image-2',
  'text-embedding-3-small',
  'text-embedding-3-large',
] as const;

const FAMILIES: Readonly<Record<Endpoint, { pattern: RegExp; purpose: string }>> = {
  images: { pattern: /^(gpt-image|chatgpt-image)/, purpose: 'image generation' },
  embeddings: { pattern: /^text-embedding-/, purpose: 'embeddings' },
  chat: { pattern: /^(gpt-(?!image)|chatgpt-(?!image)|o\d)/, purpose: 'chat completions' },
};

type Model = {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
};

/** Throws ApiError 404 unless the model is of a family that serves the endpoint. */
export function requireModel(endpoint: Endpoint, model: string): void {
  const { pattern, purpose } = FAMILIES[endpoint];
  if (!pattern.test(model)) throw unknownModel(model, purpose);
}

/** The body of `GET /v1/models`. */
export function listModels(): { object: 'list'; data: Model[] } {
  return { object: 'list', data: LISTED.map(describe) };
}

/** The body of `GET /v1/models/{id}`. Throws ApiError 404 for a model of no known family. */
export function findModel(id: string): Model {
  if (!Object.values(FAMILIES).some(({ pattern }) => pattern.test(id))) throw unknownModel(id, 'anything');
  return describe(id);
}

function describe(id: string): Model {
  return { id, object: 'model', created: 1_767_225_600, owned_by: 'pressrun-simulator' };
}
