import { spawnSync } from 'node:child_process';
import type { BpfInstruction } from './bpf.ts';
import { withoutCookedHeader } from './cooked-program.ts';
import { systemError } from './libc.ts';

/** tcpdump lies in sbin on most systems, which is not on everybody's PATH. */
export const systemPath = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/**
 * Reads `tcpdump -ddd`: the number of instructions, then `code jt jf k` per line. Undefined for anything else.
 */
export function parseProgram(text: string): BpfInstruction[] | undefined {
  const [count, ...lines] = text.trim().split('\n');
  const program: BpfInstruction[] = [];
  for (const line of lines) {
    const match = /^(\d{1,5}) (\d{1,3}) (\d{1,3}) (\d{1,10})$/.exec(line.trim());
    if (match === null) return undefined;
    const [code, jt, jf, k] = match.slice(1).map(Number) as [number, number, number, number];
    program.push({ code, jt, jf, k });
  }
  return program.length > 0 && Number(count) === program.length ? program : undefined;
}

/**
 * Compiles an operator's filter (pcap-filter(7)) with tcpdump, for a cooked socket: it means what it means to
 * `tcpdump -i any`. `ether proto`, `pppoes`, `inbound` and the like work; `vlan`, `mpls` and `ether host` do
 * not, because the link layer has been taken off, and `tcp[…]` means IPv4 only, as everywhere.
 * Throws ENOENT without tcpdump, EINVAL with what tcpdump says about the text.
 */
export function compileFilterText(text: string): BpfInstruction[] {
  const run = spawnSync('tcpdump', ['-y', 'LINUX_SLL', '-ddd', '--', text], {
    encoding: 'utf8',
    env: { ...process.env, PATH: systemPath },
    timeout: 10_000,
  });
  if (run.error !== undefined) {
    throw systemError(
      'ENOENT',
      `sentinel.bpf_filter needs tcpdump to be compiled (${run.error.message}): install it, or remove the setting to capture by sentinel.ports`,
    );
  }
  const compiled = run.status === 0 ? parseProgram(run.stdout) : undefined;
  if (compiled === undefined) {
    const why = run.stderr.trim().split('\n').at(-1);
    throw systemError('EINVAL', `sentinel.bpf_filter is not a filter: ${why}. See man 7 pcap-filter`);
  }
  const program = withoutCookedHeader(compiled);
  if (program === undefined) {
    throw systemError(
      'EINVAL',
      'sentinel.bpf_filter asks for link-layer addresses, which are not captured: filter by ports, hosts and protocols',
    );
  }
  return program;
}
