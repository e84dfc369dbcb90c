import { join } from 'node:path';
import { server } from '../network.ts';
import { randomFrom } from '../random.ts';
import type { ProgramKind } from './kind.ts';
import { program } from './needs.ts';

const person = join(import.meta.dirname, '../programs/text_person.py');
const bundle = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Adds the authority to the system's bundle as this namespace sees it (`ip netns exec` mounts apart), because text
 * browsers have no store of their own.
 */
const trusting = `cat ${bundle} "$1" >"$HOME/bundle.crt" && mount --bind "$HOME/bundle.crt" ${bundle} && shift && SSL_CERT_FILE=${bundle} exec "$@"`;

function textPerson(browser: 'w3m' | 'lynx' | 'links' | 'elinks', agent: RegExp): ProgramKind {
  return {
    label: 'person',
    needs: [program(browser), program('/usr/bin/python3', 'python3'), program(bundle, 'ca-certificates')],
    agent,
    amounts: [2, 7],
    origin: 'address',
    share: 0.3,
    command: async ({ seed, amount }, { authority, speed }) => {
      const start = randomFrom(seed).pick(['/', '/', '/journal/', '/category/lamps', '/about.html']);
      const order = [
        browser,
        `https://${server.name}${start}`,
        String(seed),
        String(amount),
        String(4 / speed),
      ];
      return ['sh', '-c', trusting, 'sh', authority, '/usr/bin/python3', person, ...order];
    },
  };
}

/** People who read in a terminal: honest, and without scripts, images or the headers of today's browsers. */
export const textPeople = {
  w3m: textPerson('w3m', /^w3m\//),
  lynx: textPerson('lynx', /^Lynx\//),
  links: textPerson('links', /^Links \(/),
  elinks: textPerson('elinks', /^ELinks\//),
} as const satisfies Record<string, ProgramKind>;
