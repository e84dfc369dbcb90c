import { isIP } from 'node:net';
import { resolve } from 'node:path';

/** Whether text is an address, or a network in CIDR form, of either family. */
export function isAddressOrNetwork(text: string): boolean {
  const [address = '', prefix, rest] = text.trim().split('/');
  const family = isIP(address);
  if (family === 0 || rest !== undefined) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

/**
 * A file mode as people write it in YAML: `"0660"`, `660` and `0660` (which YAML 1.2 reads as the decimal 660), or
 * `0o660` (which it reads as 432). No number means two modes, because the owner must be able to read and write:
 * digits are at least 600, values at most 511. Undefined for anything else.
 */
export function octalMode(mode: string | number): number | undefined {
  const digits =
    typeof mode === 'string' ? mode.replace(/^0o?/, '') : mode >= 600 ? String(mode) : mode.toString(8);
  return /^[67][0-7]{2}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** The words of a list: YAML's own list, or text with commas, as an environment variable has it. */
export function words(value: string | readonly string[]): string[] {
  const items = typeof value === 'string' ? value.split(',') : value;
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

/** Whether the kernel could have a network interface of this name (15 bytes, dev_valid_name). */
export function isInterfaceName(name: string): boolean {
  return /^[^\s/:]{1,15}$/.test(name) && Buffer.byteLength(name) <= 15 && name !== '.' && name !== '..';
}

/** Whether text names an output of the sentinel: `socket`, `stdout` (or `-`), or the path of a file, which has a slash. */
export function isOutputName(name: string): boolean {
  return (
    name === 'socket' || name === 'stdout' || name === '-' || (name.includes('/') && !name.endsWith('/'))
  );
}

/** An output in the form that the settings have: `socket`, `stdout`, or an absolute path. */
export function outputName(name: string): string {
  if (name === '-') return 'stdout';
  return name.includes('/') ? resolve(name) : name;
}
