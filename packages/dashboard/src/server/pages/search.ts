import { segment } from '../links.ts';
import { canonicalAddress, storedPrefix } from '../request/network.ts';
import { one, text } from '../request/parameters.ts';
import { page } from '../routes.ts';

/** A JA4 as the specification writes it: `t13d1516h2_8daaf6152771_02713d6af862`. */
const ja4Form = /^[tqd][0-9a-z]{2}[di]\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

/** `/search?q=`: goes where the text belongs: an address, a network, a JA4, an AS, a path, anything else. */
export const searchPage = page({
  path: '/search',
  shape: { q: one(text) },
  render: (context, { q = '' }) => {
    const query = q.trim();
    const address = canonicalAddress(query);
    if (address) return { redirect: context.link(`/ip/${segment(address)}`) };
    if (ja4Form.test(query)) return { redirect: context.link(`/ja4/${query}`) };
    if (query.includes('/') && storedPrefix(query))
      return { redirect: context.link('/scores', { ip: query }) };
    if (/^as\d{1,10}$/i.test(query)) return { redirect: context.link('/scores', { asn: query.slice(2) }) };
    if (query.startsWith('/')) return { redirect: context.link('/traffic', { search: query }) };
    return { redirect: context.link('/scores', { search: query === '' ? undefined : query }) };
  },
});
