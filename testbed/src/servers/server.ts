import type { Certificates } from '../certificates.ts';
import type { Network } from '../network.ts';

/** What every web server of the testbed is started with. */
export interface ServerOptions {
  readonly network: Network;
  readonly certificates: Certificates;
  /** The site made by `makeSite`: its folder `public` has the static files. */
  readonly site: string;
  /**
   * Port on 127.0.0.1, where the server is, of the shop's own program (HTTP/1.1). It answers every path,
   * dynamic and static; servers that serve files themselves pass it the paths of `dynamicPaths`.
   */
  readonly backendPort: number;
  /** Where it writes its configuration, logs and process id. Made if need be. */
  readonly folder: string;
  /** The receiver's datagram socket (`http.socket`). */
  readonly socketPath: string;
  /** `server_id` of the events. */
  readonly serverId?: string;
}

/** A web server that listens on the testbed's addresses, port 443, TLS with HTTP/2 and HTTP/1.1. */
export interface WebServer {
  /** Ends it and waits, so that every event has been sent. Once stopped, stopping again does nothing. */
  stop(): Promise<void>;
}

/** Starts a server and settles when it accepts connections; an Error with its last log lines if it does not. */
export type StartServer = (options: ServerOptions) => Promise<WebServer>;
