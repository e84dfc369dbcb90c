import { readdirSync } from 'node:fs';
import { AF_PACKET } from './capture-socket.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';

/** All interfaces at once. */
const anyInterface = 'any';

const etherTypeAll = 0x0003;

/** The system's number of an interface now: 0 for all of them, undefined when there is none of this name. */
export function interfaceIndex(name: string): number | undefined {
  if (name === anyInterface) return 0;
  const index = libc().if_nametoindex(name);
  return index === 0 ? undefined : index;
}

/** What to say about an interface that does not exist. */
export function noSuchInterface(name: string): Error {
  return systemError(
    'ENODEV',
    `there is no network interface ${name}: set sentinel.interface to one of ${interfaceNames().join(', ')}`,
  );
}

function interfaceNames(): string[] {
  try {
    return [...readdirSync('/sys/class/net'), anyInterface];
  } catch {
    return [anyInterface]; // A system without /sys: the error still says what is wrong.
  }
}

/**
 * Starts packets flowing from an interface to a packet socket, or moves the socket to it. An interface
 * that is down delivers when it comes up. False when the interface has just been removed.
 * `struct sockaddr_ll`: u16 family, be16 protocol, i32 interface, u16 hatype, u8 pkttype, u8 halen, u8 addr[8].
 */
export function bindToInterface(fd: number, index: number): boolean {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, etherTypeAll, false);
  view.setInt32(4, index, true);
  if (libc().bind(fd, address, address.length) === 0) return true;
  if (lastErrorCode() === 'ENODEV') return false;
  throw systemError(lastErrorCode(), `the interface cannot be captured from: ${lastErrorText()}`);
}
