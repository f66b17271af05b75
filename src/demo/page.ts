import type { PostCardFragment } from '../../client/index.ts';
import type { Brief } from './input/brief.ts';
import { kindOf, variantLabel } from './input/channels.ts';
import type { Product } from './order/job.ts';
import { anglesOf, findingLabel } from './report.ts';
import { count, seconds } from './text.ts';

/**
 * Draws the page that a demo leaves: the brief, and every post with image, caption and hashtags. It needs nothing but the
 * folder that it stands in.
 *
 * @param made.images names of the image files, by position.
 */
export function drawPage(made: {
  brief: Brief;
  product: Product;
  images: ReadonlyMap<number, string>;
  isSimulated: boolean;
}): string {
  const { brief, product, images, isSimulated } = made;
  const { campaign, variants } = brief;
  const { posts } = product;
  const angleOf = anglesOf(product.items, variants);
  const completed = posts.filter(({ status }) => status === 'COMPLETED');
  const note = isSimulated
    ? '<p class="note">Simulated: no AI wrote or drew these posts, and nothing was paid. Set <code>OPENAI_API_KEY</code> for real ones.</p>'
    : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(campaign.name)} · ${escape(campaign.brand)}</title>
<style>${style}</style>
<header>
<p class="brand">${escape(campaign.brand)}</p>
<h1>${escape(campaign.name)}</h1>
<p class="kind">${count(completed.length, 'post')} of ${posts.length} · ${escape(kindOf(variants))}</p>
${note}
<details><summary>The brief</summary>
<p lang="${escape(campaign.language)}">${escape(campaign.description)}</p>
<dl><dt>Audience</dt><dd lang="${escape(campaign.language)}">${escape(campaign.targetAudience)}</dd><dt>Tone</dt><dd>${escape(campaign.tone.toLowerCase())}</dd></dl>
</details>
<p class="files"><a href="posts.zip" download>All as a ZIP</a> <a href="posts.csv" download>Table as CSV</a></p>
</header>
<main>
${posts.map((post) => card(post, angleOf(post), images.get(post.position), brief)).join('\n')}
</main>
</html>
`;
}

function card(
  post: PostCardFragment,
  angle: string | undefined,
  image: string | undefined,
  { campaign, variants }: Brief,
): string {
  const { position, caption, hashtags, targetAudience, status, errorMessage, language, altText } = post;
  const alt = altText ?? `Image of post ${position} for ${campaign.brand}`;
  const picture =
    image === undefined
      ? `<div class="missing">${escape(errorMessage ?? status.toLowerCase())}</div>`
      : `<a href="${image}"><img src="${image}" alt="${escape(alt)}" lang="${escape(language)}" loading="lazy"></a>`;
  const tags = hashtags.map((tag) => escape(tag)).join(' ');
  const variant = variantLabel(post, variants);
  return `<article aria-label="Post ${position}">
${picture}
<div class="text" lang="${escape(language)}">
${variant === '' ? '' : `<p class="variant" lang="en">${escape(variant)}</p>\n`}${angle === undefined ? '' : `<h2 lang="${escape(campaign.language)}">${escape(angle)}</h2>\n`}<p>${escape(caption ?? '').replaceAll('\n', '<br>')}</p>
<p class="tags">${tags}</p>
${post.findings.map(finding).join('')}</div>
<footer><span>${position}</span><span lang="${escape(language)}">for ${escape(targetAudience)}</span><span>${madeIn(post)}</span></footer>
</article>`;
}

function finding({ code, excerpt }: PostCardFragment['findings'][number]): string {
  const words = excerpt === null ? '' : `: “${escape(excerpt)}”`;
  return `<p class="finding"><span lang="en">${findingLabel({ code })}</span>${words}</p>\n`;
}

function madeIn({ startedAt, finishedAt }: PostCardFragment): string {
  if (startedAt === null || finishedAt === null) return '';
  return seconds(Date.parse(finishedAt) - Date.parse(startedAt));
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const style = `
:root{color-scheme:light dark;--paper:light-dark(#f6f4ef,#14161a);--card:light-dark(#fff,#1e2127);--ink:light-dark(#1d2026,#eceae4);--quiet:light-dark(#5d626c,#a3a8b3);--line:light-dark(#e2ded4,#30343c);--accent:light-dark(#8a3b12,#f0a878)}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
header{max-width:46rem;margin:0 auto;padding:4rem 1.5rem 2rem}
h1{font:600 clamp(2rem,6vw,3.2rem)/1.1 Georgia,"Times New Roman",serif;margin:.2rem 0 .6rem;text-wrap:balance}
.brand{margin:0;color:var(--accent);font-weight:600;letter-spacing:.02em}
.kind{margin:0;color:var(--quiet)}
.note{margin:1.2rem 0 0;padding:.7rem 1rem;border-left:3px solid var(--accent);background:var(--card);border-radius:0 .5rem .5rem 0}
details{margin-top:1.2rem}summary{cursor:pointer;color:var(--quiet)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}dt{color:var(--quiet)}dd{margin:0}
a{color:var(--accent)}a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:.2rem}
.files{display:flex;flex-wrap:wrap;gap:1.2rem;margin:1.4rem 0 0}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));gap:1.5rem;max-width:84rem;margin:0 auto;padding:1rem 1.5rem 5rem;align-items:start}
article{background:var(--card);border:1px solid var(--line);border-radius:.9rem;overflow:hidden;display:flex;flex-direction:column}
img{display:block;width:100%;height:auto}
.missing{display:grid;place-items:center;aspect-ratio:1;padding:1rem;color:var(--quiet);background:var(--paper);text-align:center}
h2{margin:0 0 .5rem;font-size:1.05rem;line-height:1.3;text-wrap:balance}.text .variant{margin:0 0 .3rem;color:var(--quiet);font-size:.85rem}
.text{padding:1rem 1.2rem 0;overflow-wrap:anywhere}.text p{margin:0 0 .8rem}.tags{color:var(--accent);font-size:.92rem}
.text .finding{margin:0 0 .6rem;padding-left:.7rem;border-left:3px solid var(--accent);color:var(--quiet);font-size:.88rem}
footer{display:flex;gap:.8rem;justify-content:space-between;padding:.7rem 1.2rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.85rem}
footer span:nth-child(2){flex:1}
`;
