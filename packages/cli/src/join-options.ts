import type { JoinFilters, JoinOptions } from '@ja4/correlator';
import type { Settings } from './config/load-config.ts';

/** The rules of the join, from the settings. */
export function joinOptions({ correlator }: Settings): JoinOptions {
  return {
    windowS: correlator.window_s,
    orphanDelayMs: correlator.orphan_delay_ms,
    keepaliveTtlS: correlator.keepalive_ttl_s,
    networkEmit: correlator.network_emit,
    ...joinFilters({ correlator }),
  };
}

/** The settings of the join that can change while it runs. */
export function joinFilters({ correlator }: Pick<Settings, 'correlator'>): JoinFilters {
  return {
    excludeSourceIps: correlator.exclude_source_ips,
    includeDestPorts: correlator.include_dest_ports,
    trustedProxies: correlator.trusted_proxies,
  };
}
