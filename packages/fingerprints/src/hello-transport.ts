/** How a ClientHello travelled: TLS over TCP, CRYPTO frames of QUIC, or DTLS. */
export type HelloTransport = 'tcp' | 'quic' | 'dtls';
