import type { HpackFailure } from './hpack-reader.ts';

/** One SETTINGS parameter as it stood on the wire (RFC 9113 section 6.5.1). */
export interface Http2Setting {
  /** A known one, one reserved by GREASE, or anything else. */
  readonly id: number;
  readonly value: number;
}

/** A stream's place in the dependency tree of RFC 7540 section 5.3, which RFC 9113 deprecates. */
export interface Http2Priority {
  readonly stream: number;
  readonly exclusive: boolean;
  readonly dependsOn: number;
  /** 1 to 256: one more than the octet on the wire. */
  readonly weight: number;
}

/** What a client says of itself before and with its first request. Values of header fields are not kept. */
export interface Http2Client {
  /** Of the first SETTINGS frame, in wire order, repeated ones included. */
  readonly settings: readonly Http2Setting[];
  /** Increment of the first WINDOW_UPDATE on stream 0 that precedes the request. */
  readonly windowUpdate?: number | undefined;
  /** PRIORITY frames that precede the request, in order. */
  readonly priorities: readonly Http2Priority[];
  /** The priority fields of the first HEADERS frame. */
  readonly requestPriority?: Http2Priority | undefined;
  /** Names of the pseudo-header fields in wire order: `:method`, … */
  readonly pseudoHeaders: readonly string[];
  /** Names of the other fields, in order and case of the wire. */
  readonly headerNames: readonly string[];
  /** Why names may be missing: an error of HPACK, or a header block longer than what is kept. */
  readonly headersFailure?: HpackFailure | 'too-long' | undefined;
}

/**
 * - `truncated`: so far this is HTTP/2; more bytes may complete the first request.
 * - `not-http2`: the bytes do not start with the preface. Nothing is wrong with them.
 * - the others break RFC 9113, or a bound of the reader, in the frame named. No further byte can mend that.
 */
export type Http2Failure =
  | 'truncated'
  | 'not-http2'
  | 'settings-missing'
  | 'frame-too-large'
  | 'frame-out-of-place'
  | 'bad-settings'
  | 'bad-priority'
  | 'bad-window-update'
  | 'bad-headers'
  | 'too-many-frames';
