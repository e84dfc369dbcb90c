/** Where things are in a packet; filled by `FrameDecoder`. Offsets are absolute in `buffer`. */
export class FrameLayout {
  /** What the offsets point into: the capture buffer, or a datagram put together from fragments. */
  buffer: Uint8Array = new Uint8Array(0);
  /** 4 or 6. */
  ipVersion = 0;
  /** Start of the IP header. */
  ip = 0;
  /** Source address; the destination follows it (4 or 16 bytes each). */
  addresses = 0;
  /** Length of the IP packet according to its header; 0 when the header does not say. */
  ipTotalLength = 0;
  /** Number of the transport protocol (IANA): 6 is TCP, 17 UDP. */
  protocol = 0;
  /** Start of the transport header. */
  transport = 0;
  /** End of what was captured of the IP packet; link-layer padding lies behind it. */
  end = 0;

  copy(other: FrameLayout): void {
    this.buffer = other.buffer;
    this.ipVersion = other.ipVersion;
    this.ip = other.ip;
    this.addresses = other.addresses;
    this.ipTotalLength = other.ipTotalLength;
    this.protocol = other.protocol;
    this.transport = other.transport;
    this.end = other.end;
  }
}
