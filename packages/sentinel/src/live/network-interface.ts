import { readFileSync } from 'node:fs';
import { AF_PACKET } from './capture-socket.ts';
import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';
import { SOL_PACKET } from './socket-option.ts';

/** All interfaces at once. */
const anyInterface = 'any';

/** Each interface once; nothing beside `any`, which has them all. */
export function distinctInterfaces(names: readonly string[]): readonly string[] {
  return names.includes(anyInterface) ? [anyInterface] : [...new Set(names)];
}

const etherTypeAll = 0x0003;

/** The system's number of an interface now: 0 for all of them, undefined when there is none of this name. */
export function interfaceIndex(name: string): number | undefined {
  if (name === anyInterface) return 0;
  const index = libc().if_nametoindex(name);
  return index === 0 ? undefined : index;
}

/** What to say when none of these interfaces exists. */
export function noSuchInterface(names: readonly string[]): Error {
  return systemError(
    'ENODEV',
    `there is no network interface ${names.join(' or ')}: set sentinel.interface to one of ${interfaceNames().join(', ')}`,
  );
}

/** Unlike /sys, /proc/net/dev is of the network namespace that this process is in. */
function interfaceNames(): string[] {
  try {
    const lines = readFileSync('/proc/net/dev', 'latin1').matchAll(/^\s*(\S+):/gm);
    return [...lines].map((line) => line[1] ?? '').concat(anyInterface);
  } catch {
    return [anyInterface]; // A system without it: the error still says what is wrong.
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

const SIOCGIFFLAGS = 0x8913;
const IFF_UP = 1;
const flagsOffset = 16;

/**
 * Whether somebody has switched the interface off (`ip link set … down`); a pulled cable does not. Any socket
 * will do. `struct ifreq`: u8 name[16], and here i16 flags, of 40 bytes.
 */
export function isDown(fd: number, name: string): boolean {
  const request = Buffer.alloc(40);
  request.write(name);
  if (libc().ioctl(fd, SIOCGIFFLAGS, request) !== 0) return false;
  return (request.readUInt16LE(flagsOffset) & IFF_UP) === 0;
}

const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_PROMISC = 1;

/**
 * Makes the interface hear frames for other machines too, as long as the socket is open: what a tap or a mirror
 * port delivers. `struct packet_mreq`: i32 interface, u16 type, u16 address length, u8 address[8]. False where
 * the system refuses.
 */
export function hearEverything(fd: number, index: number): boolean {
  const request = new Uint8Array(16);
  const view = new DataView(request.buffer);
  view.setInt32(0, index, true);
  view.setUint16(4, PACKET_MR_PROMISC, true);
  return libc().setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, request.length) === 0;
}
