import { channels, type Channel, type ChannelLimits } from '../posts/channels.ts';

/** The channel and the language of a post. */
export type Variant = { channel: Channel; language: string };

/** An order's channels and languages; empty lists are those of the campaign. */
type Order = { channels: readonly Channel[]; languages: readonly string[] };

/**
 * @returns the posts of each item, in the order of their positions: all languages of the first channel, then of the next. Item `i`
 * (from 1) of an order with `v` variants has the positions `(i - 1) * v + 1` to `i * v`.
 */
export function variantsOf(order: Order, campaign: Variant): Variant[] {
  const ofChannels = order.channels.length === 0 ? [campaign.channel] : order.channels;
  const ofLanguages = order.languages.length === 0 ? [campaign.language] : order.languages;
  return ofChannels.flatMap((channel) => ofLanguages.map((language) => ({ channel, language })));
}

/** @returns the image sizes that these variants need, each once. Posts of an item with the same size share one image. */
export function shapesOf(variants: readonly Variant[]): ChannelLimits['imageSize'][] {
  return [...new Set(variants.map(({ channel }) => channels[channel].imageSize))];
}
