/** First bytes, as hexadecimal text, of what people take for a capture, and what it is. */
const formats: readonly { readonly starts: string; readonly what: string }[] = [
  { starts: '736e6f6f70000000', what: 'a snoop capture' },
  { starts: '52545353', what: 'a Network Monitor 1 capture' },
  { starts: '474d4255', what: 'a Network Monitor 2 capture' },
  { starts: '5452534e49464620', what: 'a Sniffer capture' },
  { starts: '58435000', what: 'a Sniffer (NetXRay) capture' },
  { starts: '7f706b74', what: 'an EtherPeek capture' },
  { starts: '7f766572', what: 'an OmniPeek capture' },
  { starts: '69707472616365', what: 'an AIX iptrace capture' },
  { starts: '0000020012050010', what: 'a K12 capture' },
  { starts: '6274736e6f6f7000', what: 'a Bluetooth capture (btsnoop)' },
  { starts: '1c0001ac', what: 'an Ixia capture' },
  { starts: '1c0001ab', what: 'an Ixia capture' },
  { starts: 'ac01001c', what: 'an Ixia capture' },
  { starts: 'ab01001c', what: 'an Ixia capture' },
];

/** The same for files that hold something else inside. */
const containers: readonly { readonly starts: string; readonly what: string }[] = [
  { starts: '28b52ffd', what: 'compressed with zstd' },
  { starts: '04224d18', what: 'compressed with lz4' },
  { starts: 'fd377a585a00', what: 'compressed with xz' },
  { starts: '425a68', what: 'compressed with bzip2' },
  { starts: '504b0304', what: 'a ZIP archive' },
  { starts: '377abcaf271c', what: 'a 7z archive' },
];

/** Says in a sentence what the bytes of a file that is neither pcap nor pcapng are, and what to do about it. */
export function describeForeign(start: Uint8Array): string {
  if (start.length === 0) return 'the file is empty';
  const hex = Buffer.from(start.subarray(0, 16)).toString('hex');
  const isStart = ({ starts }: { starts: string }) => hex.startsWith(starts);
  const format = formats.find(isStart);
  if (format !== undefined) return `${format.what}, which is not read: editcap turns it into pcapng`;
  const container = containers.find(isStart);
  if (container !== undefined) return `${container.what}: only gzip is read, unpack it first`;
  if (isText(start)) return 'not a pcap or pcapng file, but text';
  return `not a pcap or pcapng file (it starts with ${hex.slice(0, 8)})`;
}

/** Whether the first bytes are printable, as those of no capture format are. */
function isText(start: Uint8Array): boolean {
  return start.subarray(0, 64).every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
}
