import type { ProviderErrorCode } from '../../domain/errors/provider-errors.ts';

/** How a provider's endpoint with OpenAI's API differs from the others. */
export type Dialect = {
  baseUrl: string;
  /** The setting that has its key; undefined: it needs none. */
  keySetting: 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY' | 'GEMINI_API_KEY' | undefined;
  maxTokens: 'max_completion_tokens' | 'max_tokens';
  /** How a model is made to answer with JSON: by the format of its answer, or by a tool that it has to call. */
  structure: 'format' | 'tool';
  /** Keywords of JSON Schema that it understands besides those that all do. */
  keywords: readonly string[];
  /** Whether it has models that draw images of the sizes of our channels. */
  draws: boolean;
  /** What refusals mean whose status or code does not say it, by a part of their bodies. */
  refusals: Readonly<Record<string, ProviderErrorCode>>;
};

/** How a provider is reached. */
export type Account = {
  /** Undefined where the provider needs none. */
  apiKey: string | undefined;
  /** Undefined: the provider's own address. */
  baseUrl: string | undefined;
};

/** Every provider there is, by the name that stands before its models in the settings. */
export const dialects = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    keySetting: 'OPENAI_API_KEY',
    maxTokens: 'max_completion_tokens',
    structure: 'format',
    // In its strict mode, objects must have it.
    keywords: ['additionalProperties'],
    draws: true,
    refusals: {},
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    keySetting: 'ANTHROPIC_API_KEY',
    maxTokens: 'max_completion_tokens',
    // It ignores the format.
    structure: 'tool',
    keywords: ['additionalProperties'],
    draws: false,
    refusals: { 'credit balance is too low': 'QUOTA_EXHAUSTED' },
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keySetting: 'GEMINI_API_KEY',
    maxTokens: 'max_completion_tokens',
    structure: 'format',
    keywords: [],
    draws: false,
    refusals: {
      'API key not valid': 'PROVIDER_REJECTED_KEY',
      'API key expired': 'PROVIDER_REJECTED_KEY',
      API_KEY_INVALID: 'PROVIDER_REJECTED_KEY',
      'User location is not supported': 'PROVIDER_REJECTED_KEY',
      // Limits a minute have the same status and the same words.
      RequestsPerDay: 'QUOTA_EXHAUSTED',
    },
  },
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    keySetting: undefined,
    // It ignores the other one.
    maxTokens: 'max_tokens',
    structure: 'format',
    keywords: ['additionalProperties'],
    draws: false,
    refusals: {},
  },
} as const satisfies Readonly<Record<string, Dialect>>;

export type ProviderName = keyof typeof dialects;

/** A model of a provider. */
export type ModelName = {
  provider: ProviderName;
  /** As the provider calls it. */
  model: string;
  /** As ledger, revisions, budgets and limits call it: with its provider, unless that is OpenAI. */
  name: string;
};

const isProvider = (name: string): name is ProviderName => Object.hasOwn(dialects, name);

/** Reads `provider:model`. Without the name of a provider, the model is one of OpenAI. */
export function parseModelName(text: string): ModelName {
  const [first = '', ...rest] = text.split(':');
  if (!isProvider(first)) return { provider: 'openai', model: text, name: text };
  const model = rest.join(':');
  return { provider: first, model, name: first === 'openai' ? model : text };
}
