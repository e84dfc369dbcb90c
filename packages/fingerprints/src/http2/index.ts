/** HTTP/2 clients by their first bytes. */
export { Http2ClientReader, readHttp2Client } from './client-reader.ts';
export { HpackDecoder, type OnHpackField } from './hpack-decoder.ts';
export type { HpackEntry } from './hpack-dynamic-table.ts';
export type { HpackFailure } from './hpack-reader.ts';
export type { Http2Client, Http2Failure, Http2Priority, Http2Setting } from './http2-client.ts';
export { type Http2Fields, h2Fields, h2Fingerprint } from './http2-fingerprint.ts';
