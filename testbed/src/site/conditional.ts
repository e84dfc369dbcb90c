import { createHash } from 'node:crypto';
import type { ShopResponse } from './exchange.ts';

const headerOf = (response: ShopResponse, name: string) =>
  response.headers.find(([known]) => known === name)?.[1];

/** Adds a validator to pages that may be kept (RFC 9110, 8.8.3). */
function validated(response: ShopResponse): ShopResponse {
  if (response.status !== 200 || headerOf(response, 'etag')) return response;
  if (headerOf(response, 'cache-control') === 'no-store') return response;
  const tag = createHash('sha256').update(response.body).digest('hex').slice(0, 16);
  return { ...response, headers: [...response.headers, ['etag', `"${tag}"`]] };
}

/** 304 when the client has it already: `If-None-Match` first, else `If-Modified-Since` (RFC 9110, 13.2.2). */
export function conditional(
  response: ShopResponse,
  ask: { readonly method: string; readonly noneMatch?: string; readonly modifiedSince?: string },
): ShopResponse {
  if (ask.method !== 'GET' && ask.method !== 'HEAD') return response;
  const full = validated(response);
  if (full.status !== 200) return full;
  const tag = headerOf(full, 'etag');
  const modified = headerOf(full, 'last-modified');
  const same =
    ask.noneMatch !== undefined
      ? tag !== undefined &&
        ask.noneMatch.split(',', 20).some((one) => one.trim().replace(/^W\//, '') === tag)
      : modified !== undefined &&
        ask.modifiedSince !== undefined &&
        Date.parse(ask.modifiedSince) >= Date.parse(modified);
  if (!same) return full;
  const kept = full.headers.filter(([name]) => name !== 'content-type');
  return { status: 304, headers: kept, body: '' };
}
