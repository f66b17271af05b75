/** An address as a text has it. */
export type Link = { text: string; start: number; address: string };

/** Endings of addresses that people write without a scheme. */
const endings =
  'com|net|org|info|biz|shop|store|app|dev|io|ai|co|me|tv|eu|de|at|ch|fr|es|it|nl|be|pt|pl|se|dk|no|fi|uk|ie|us|ca|au|jp|cn|kr|in|br|mx';
const linkPattern = new RegExp(
  String.raw`https?:\/\/[^\s<>"'“”«»（）()]{1,2000}|(?<![\p{L}\p{N}@._-])(?:[\p{L}\p{N}-]{1,63}\.){1,5}(?:${endings})(?![\p{L}\p{N}])(?:\/[^\s<>"'“”«»（）()]{0,2000})?`,
  'giu',
);

/** The web addresses of a text, with a scheme or without. */
export function linksOf(text: string): Link[] {
  return Array.from(text.matchAll(linkPattern), ({ 0: found, index }) => {
    const link = found.replace(/[.,;:!?…。、]+$/u, '');
    return { text: link, start: index, address: addressOf(link) };
  });
}

/** Whether an address is one of these, or leads to one of them: `fernway.com` stands for `fernway.com/shop`. */
export function isKnown(link: Link, known: readonly Link[]): boolean {
  return known.some(
    ({ address }) =>
      address === link.address || ['/', '?', '#'].some((next) => address.startsWith(link.address + next)),
  );
}

/** Without scheme, `www.`, tracking and the slash at the end. */
function addressOf(link: string): string {
  const [path = '', query = ''] = link
    .replace(/^https?:\/\//i, '')
    .replace(/^www\./i, '')
    .split('?', 2);
  const kept = query.split('&').filter((one) => one !== '' && !one.toLowerCase().startsWith('utm_'));
  const plain = path.replace(/\/$/, '').toLowerCase();
  return kept.length === 0 ? plain : `${plain}?${kept.join('&')}`;
}
