import ipaddr from 'ipaddr.js';

/** Whether a listening address is reachable from this machine only (127.0.0.0/8, ::1 or `localhost`). */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  if (!ipaddr.isValid(host)) return false;
  return ipaddr.process(host).range() === 'loopback';
}

/** The name in a Host header, without port and brackets, lower case; undefined when it is not one. */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Whether a request may be answered: its Host names this machine or a configured name. Without this a page on
 * the web could reach the dashboard through a name that it points at 127.0.0.1 (DNS rebinding). The port does
 * not matter, because an SSH tunnel may end on any.
 */
export function hostAllowed(header: string | undefined, allowedHosts: readonly string[]): boolean {
  const name = hostName(header);
  if (name === undefined) return false;
  return isLoopback(name) || allowedHosts.some((allowed) => allowed.toLowerCase() === name);
}
