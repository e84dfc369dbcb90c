import { hostname } from 'node:os';
import { z } from 'zod';
import {
  isAddressOrNetwork,
  isInterfaceName,
  isOutputName,
  octalMode,
  outputName,
  words,
} from './value-forms.ts';

const port = z.int().min(0).max(65_535);
/** Of a server that others reach; 0 means any port, and only where we listen. */
const serverPort = port.min(1);
const seconds = z.number().positive();
const address = z
  .string()
  .refine(
    isAddressOrNetwork,
    'expected an address or a network such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32',
  );
const addresses = z.array(address).default([]);

/** `0660`, also when YAML has read it as the number 660, or written as 0o660 as the number 432. */
const fileMode = z
  .union([z.string(), z.int()])
  .refine((mode) => octalMode(mode) !== undefined, 'expected an octal mode such as "0660"')
  .transform((mode) => octalMode(mode) ?? 0);

/** A folder; the shell's `~` means nothing here and would become the name of a folder. */
const folder = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('~'), 'expected a path from the root: "~" is the shell\'s');

/** A list of words, which may also be written as one text with commas. */
const wordList = (what: string) =>
  z.union([z.string(), z.array(z.string())], { error: `expected ${what}` }).transform(words);

const interfaces = wordList('the name of a network interface, or a list of names')
  .refine((names) => names.length > 0, 'expected at least one interface, or any')
  .refine(
    (names) => names.every(isInterfaceName),
    'expected names of network interfaces such as eth0, of 15 characters at most',
  )
  .refine((names) => names.length === 1 || !names.includes('any'), 'any stands for all interfaces: alone');

const outputs = wordList('socket, stdout, the path of a file, or a list of these')
  .refine((names) => names.length > 0, 'expected at least one of socket, stdout and the path of a file')
  .refine(
    (names) => names.every(isOutputName),
    'expected socket, stdout or the path of a file (with a "/", such as /var/log/ja4/network.jsonl)',
  )
  .refine(
    (names) => names.every((name) => !name.startsWith('~')),
    'expected a path from the root: "~" is the shell\'s',
  )
  .transform((names) => names.map(outputName))
  .refine((names) => new Set(names).size === names.length, 'names one output twice');

/** Days for which a table keeps its rows. */
const days = z.int().min(1).max(36_500);

/** Tables whose rows expire, each with a key that overrides how long it keeps them. */
export const retainedTables = [
  'http_logs',
  'agg_host_ip_ja4_1h',
  'agg_header_fingerprint_1h',
  'agg_requests_1s',
  'ml_all_scores',
  'ml_detected_anomalies',
  'ml_excluded_sessions',
  'ml_performance_metrics',
  'audit_logs',
  'service_metrics',
] as const;

const retentionOverrides = Object.fromEntries(
  retainedTables.map((table) => [table, days.optional().describe(`days for which ${table} keeps its rows`)]),
);

const databaseName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'expected an identifier');

/** Every key of the configuration file with its default; unknown keys are refused. */
export const configSchema = z.strictObject({
  data_dir: folder.default('./data').describe('everything that is written lives below this folder'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('least level that is logged'),
    })
    .prefault({}),
  sockets: z
    .strictObject({
      dir: folder.optional().describe('folder of the UNIX sockets; default: <data_dir>/run'),
      mode: fileMode.default(0o660).describe('mode of the sockets, octal'),
      group: z
        .string()
        .optional()
        .describe("group of the sockets, so that the web server's user reaches them"),
    })
    .prefault({}),
  services: z
    .strictObject({
      health_port: z
        .int()
        .min(0)
        .max(65_535 - 4)
        .default(9470)
        .describe('first of the five ports of /health, /ready and /metrics'),
      run: z
        .array(z.enum(['store', 'correlator', 'sentinel', 'detector', 'dashboard']))
        .default(['store', 'correlator', 'sentinel', 'detector', 'dashboard'])
        .describe('what `ja4 up` starts'),
    })
    .prefault({}),
  store: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, error: 'expected an address such as http://clickhouse.example:8123' })
        .optional()
        .describe('a ClickHouse server; absent: the embedded one'),
      port: port.default(8123).describe("the embedded store's port on 127.0.0.1"),
      user: z.string().default('default').describe('for store.url'),
      password: z
        .string()
        .optional()
        .describe('for store.url; the embedded store makes its own on first start'),
      logs_database: databaseName.default('ja4_logs'),
      processing_database: databaseName.default('ja4_processing'),
      cluster: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/, "expected a cluster's name as in remote_servers")
        .optional()
        .describe('cluster of the server at store.url; absent: that server alone'),
      memory_limit_mb: z.int().min(256).optional().describe('memory limit of the embedded store'),
      fsync: z
        .boolean()
        .default(true)
        .describe('the embedded store answers an insert when it would survive a power failure'),
      retention_days: days
        .default(7)
        .describe('days for which requests, what is aggregated from them, and verdicts are kept'),
      retention_overrides: z
        .strictObject(retentionOverrides)
        .prefault({})
        .describe('days for single tables, in place of retention_days or of their own default'),
    })
    .refine(({ cluster, url }) => cluster === undefined || url !== undefined, {
      path: ['cluster'],
      error:
        'needs store.url, the address of one of its servers: the embedded store is never part of a cluster',
    })
    .prefault({}),
  sentinel: z
    .strictObject({
      interface: interfaces.prefault('any').describe('network interfaces to watch; any = all of them'),
      ports: z
        .array(serverPort)
        .min(1)
        .default([443, 8443])
        .describe('ports on which the web server speaks TLS, over TCP and UDP'),
      local_addresses: z
        .array(address)
        .optional()
        .describe(
          'addresses of the web server, handshakes to which are looked at; absent: those of this machine; empty: all',
        ),
      bpf_filter: z
        .string()
        .optional()
        .describe('capture filter (pcap-filter(7)) in place of the one built from ports and addresses'),
      exclude_source_ips: addresses,
      sensor_id: z.string().min(1).default(hostname()),
      output: outputs
        .prefault('socket')
        .describe('where events go: socket (the correlator), stdout, files of JSON lines; one or several'),
    })
    .prefault({}),
  correlator: z
    .strictObject({
      window_s: seconds
        .default(10)
        .describe('longest time from handshake to first request with the short key'),
      orphan_delay_ms: z.number().min(0).default(500).describe('how long a request waits for its handshake'),
      keepalive_ttl_s: seconds
        .default(120)
        .describe('how long a handshake stays eligible after its last use'),
      network_emit: z.boolean().default(false).describe('also store handshakes without a request'),
      exclude_source_ips: addresses,
      include_dest_ports: z.array(serverPort).default([]),
      trusted_proxies: addresses.describe('proxies whose word about the client address counts'),
      deny_headers: z
        .array(z.string().min(1))
        .default([])
        .describe('headers whose values are never stored, beside Cookie, Authorization and the like'),
      spool_max_mb: z
        .int()
        .min(16)
        .max(1_048_576)
        .default(2048)
        .describe('how much the rows that the store has not taken yet may take of the disk'),
      spool_full: z
        .enum(['block', 'drop'])
        .default('block')
        .describe(
          'when spool_max_mb is reached: block = receive nothing more, senders count; drop = drop new rows, counted',
        ),
      spool_fsync: z
        .boolean()
        .default(true)
        .describe('a row counts as accepted when it would survive a power failure'),
      spool_commit_ms: z
        .number()
        .min(0)
        .max(1000)
        .default(20)
        .describe('how long rows gather before they are written to the spool together'),
    })
    .prefault({}),
  detector: z
    .strictObject({
      cycle_s: seconds.default(300).describe('time between two trainings'),
      score_s: seconds.default(10).describe('time between two scorings'),
      fingerprint_coherence_threshold: z.number().min(0).max(1).default(0.25),
      ae_weight: z.number().min(0).max(1).default(0.3),
      xgb_weight: z.number().min(0).max(1).default(0.2),
    })
    .prefault({}),
  dashboard: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: port.default(8000),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;
