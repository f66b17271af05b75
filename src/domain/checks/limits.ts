import { channels, type Channel } from '../posts/channels.ts';
import type { Caption } from '../posts/content.ts';
import type { Finding } from './finding.ts';

const shownCharacters = 60;

/**
 * What had to be left out of an answer so that it fits its channel.
 *
 * @param answer as the model gave it. @param fitted what `fitToChannel` made of it.
 */
export function limitFindings(channel: Channel, answer: Caption, fitted: Caption): Finding[] {
  const findings: Finding[] = [];
  // What a brand adds stands below: a text was cut if its own end is gone.
  const end = fitted.caption.lastIndexOf('…') + 1;
  const own = endOf(answer.caption, 12);
  if (end > 0 && timesIn(fitted.caption, own) < timesIn(answer.caption, own))
    findings.push({ code: 'TOO_LONG', clause: null, excerpt: endOf(fitted.caption.slice(0, end)) });
  const tags = new Set(answer.hashtags.map((tag) => tag.replace(/^#/, '').toLowerCase()));
  const tooMany = [...tags].slice(channels[channel].maxHashtags);
  if (tooMany.length > 0)
    findings.push({ code: 'TOO_MANY_HASHTAGS', clause: null, excerpt: tooMany.join(' ') });
  return findings;
}

/** The last words of a text. */
function endOf(text: string, most = shownCharacters): string {
  return Array.from(text).slice(-most).join('').trim();
}

function timesIn(text: string, piece: string): number {
  return text.split(piece).length - 1;
}
