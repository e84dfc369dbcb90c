/** A UDP datagram in an IPv4 packet between two hosts of the documentation network. */
export function udpPacket(
  fromClient: boolean,
  port: number,
  payload: Uint8Array,
  serverPort = 443,
): Uint8Array {
  const packet = new Uint8Array(28 + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[8] = 64;
  packet[9] = 17;
  packet.set([192, 0, 2, fromClient ? 1 : 2, 192, 0, 2, fromClient ? 2 : 1], 12);
  view.setUint16(20, fromClient ? port : serverPort);
  view.setUint16(22, fromClient ? serverPort : port);
  view.setUint16(24, 8 + payload.length);
  packet.set(payload, 28);
  return packet;
}
