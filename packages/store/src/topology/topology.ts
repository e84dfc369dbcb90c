/** Name and password by which dictionaries read their tables on the server that they live on. */
export interface DictionaryLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * Where the tables stand: in the embedded engine, on one ClickHouse server, or on the shards and replicas of a
 * cluster, which has a name in the servers' `remote_servers`.
 */
export type Topology =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'server'; readonly dictionaryLogin?: DictionaryLogin }
  | { readonly kind: 'cluster'; readonly cluster: string; readonly dictionaryLogin?: DictionaryLogin };

/** `ON CLUSTER` with a blank before it, or nothing where there is one server. */
export function onCluster(topology: Topology): string {
  return topology.kind === 'cluster' ? ` ON CLUSTER '${clusterName(topology.cluster)}'` : '';
}

/**
 * The name itself if it can stand in SQL.
 *
 * @throws Error with code INVALID_CLUSTER_NAME
 */
export function clusterName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/.test(name)) return name;
  throw Object.assign(
    new Error(
      `"${name}" cannot be a cluster's name: use letters, digits, _, - and ., not starting with a digit`,
    ),
    { code: 'INVALID_CLUSTER_NAME' },
  );
}
