import { lastErrorCode, lastErrorText, libc, systemError } from './libc.ts';

export const SOL_SOCKET = 1;
export const SOL_PACKET = 263;

/** setsockopt(2). Throws with the system's code and `what` could not be set. */
export function setOption(
  fd: number,
  level: number,
  name: number,
  value: ArrayBufferView,
  what: string,
): void {
  if (libc().setsockopt(fd, level, name, value, value.byteLength) !== 0) {
    throw systemError(lastErrorCode(), `${what} is refused by the system: ${lastErrorText()}`);
  }
}

/** getsockopt(2) of 32-bit integers; undefined when the descriptor is no such socket. */
export function getOption(
  fd: number,
  level: number,
  name: number,
  integers: number,
): Uint32Array | undefined {
  const value = new Uint32Array(integers);
  const length = Uint32Array.of(value.byteLength);
  return libc().getsockopt(fd, level, name, value, length) === 0 ? value : undefined;
}
