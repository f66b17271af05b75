import { unknownModel } from './behaviour/errors.ts';
import type { Dialect } from './dialects.ts';
import { ENDPOINTS, type Endpoint } from './endpoints/names.ts';

/** The models that `GET /v1/models` lists. Others of the same families work too, so a setting may be newer than this. */
const LISTED = [
  'gpt-5.4',
  'gpt-5.4-mini',
  'gpt-5.4-nano',
  'gpt-image-2',
  'text-embedding-3-small',
  'text-embedding-3-large',
  'claude-haiku-4-5',
  'gemini-2.5-flash',
  'llama3.2',
] as const;

const PURPOSES: Readonly<Record<Endpoint, string>> = {
  images: 'image generation',
  embeddings: 'embeddings',
  chat: 'chat completions',
};

type Model = {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
};

/** Throws ApiError 404 unless the model is of a family that serves the endpoint. */
export function requireModel({ models }: Dialect, endpoint: Endpoint, model: string): void {
  if (models[endpoint]?.test(model) !== true) throw unknownModel(model, PURPOSES[endpoint]);
}

/** The body of `GET /v1/models`: those listed that are of the endpoint's families. */
export function listModels(dialect: Dialect): { object: 'list'; data: Model[] } {
  return { object: 'list', data: LISTED.filter((id) => isKnown(dialect, id)).map(describe) };
}

/** The body of `GET /v1/models/{id}`. Throws ApiError 404 for a model of no known family. */
export function findModel(dialect: Dialect, id: string): Model {
  if (!isKnown(dialect, id)) throw unknownModel(id, 'anything');
  return describe(id);
}

function isKnown({ models }: Dialect, id: string): boolean {
  return ENDPOINTS.some((endpoint) => models[endpoint]?.test(id));
}

function describe(id: string): Model {
  return { id, object: 'model', created: 1_767_225_600, owned_by: 'pressrun-simulator' };
}
