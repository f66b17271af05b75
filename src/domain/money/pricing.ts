/** US dollars a million tokens. */
export type Price = { input: number; output: number };

/** Tokens that one call used, as the provider counted them. */
export type Usage = { inputTokens: number; outputTokens: number };

/**
 * OpenAI's list prices (platform.openai.com/docs/pricing), as published in June 2026. An image's prompt is
 * billed at the model's text price, its pixels as output tokens.
 */
const listPrices: Readonly<Record<string, Price>> = {
  'gpt-5.4': { input: 2.5, output: 15 },
  'gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, output: 1.25 },
  'gpt-image-2': { input: 5, output: 30 },
};

/** @returns the list price of a model; undefined if it is not known. Models of Ollama run on machines of one's own. */
export function listPrice(model: string): Price | undefined {
  if (model.startsWith('ollama:')) return { input: 0, output: 0 };
  return Object.hasOwn(listPrices, model) ? listPrices[model] : undefined;
}

/** @returns what a call cost, in millionths of a US dollar, rounded up. */
export function costMicros(price: Price, usage: Usage): bigint {
  return BigInt(Math.ceil(usage.inputTokens * price.input + usage.outputTokens * price.output));
}

/** @returns what a call costs at the highest of these prices, in millionths of a US dollar, rounded up. */
export function highestCostMicros(prices: readonly Price[], usage: Usage): bigint {
  return prices.map((price) => costMicros(price, usage)).reduce((a, b) => (a > b ? a : b), 0n);
}

/** A provider may use somewhat more than planned. More than ten times as much is a wrong count. */
const believableTimes = 10;

/**
 * What to charge for a paid call.
 *
 * @param told the usage that the provider reports; undefined if it reports none, or an impossible one.
 * @param atMost the most that the call was planned to use.
 * @returns `told` if it is believable, else `atMost`: never less than the call may have cost.
 */
export function chargedUsage(told: Usage | undefined, atMost: Usage): Usage {
  const isBelievable =
    told !== undefined &&
    told.inputTokens <= believableTimes * atMost.inputTokens &&
    told.outputTokens <= believableTimes * atMost.outputTokens;
  return isBelievable ? told : atMost;
}

/** @returns millionths of a US dollar. */
export function micros(dollarAmount: number): bigint {
  return BigInt(Math.round(dollarAmount * 1_000_000));
}

/** @returns US dollars, exact to the millionth. */
export function dollars(micros: bigint): number {
  return Number(micros) / 1_000_000;
}
