/** Packets and capture files made byte by byte, for tests and benchmarks. */
export { type CapturedFrame, type PcapFileOptions, pcapFile } from './pcap-file.ts';
export { frame, ipPacket, linuxSynOptions, type TcpPacket } from './tcp-packet.ts';
export { handshakeRecords } from './tls-records.ts';
