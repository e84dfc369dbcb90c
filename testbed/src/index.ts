export { ipv4Of, ipv6Of, type NetworkName, networks } from './address-plan.ts';
export { startCapture, startReceiver } from './capture.ts';
export { type ClientName, clients } from './clients/clients.ts';
export type { Surroundings } from './clients/kind.ts';
export { type ClientRun, type LabelledTime, runClient } from './clients/run-client.ts';
export {
  buildNetwork,
  type Network,
  runInside,
  server,
  tearDown,
} from './network.ts';
export { type Appeared, type Played, play } from './play.ts';
export { type Random, randomFrom } from './random.ts';
export { type RecordOptions, record } from './recording/record.ts';
export type { Summary } from './recording/summary.ts';
export type { Planned, Scenario } from './scenarios/plan.ts';
export { availableKinds, type ScenarioName, scenarios } from './scenarios/scenarios.ts';
export { smoke } from './scenarios/smoke.ts';
export { startApache } from './servers/apache.ts';
export type { ServerOptions, StartServer, WebServer } from './servers/server.ts';
export { type ServerName, servers } from './servers/servers.ts';
export { openShop, type Shop, type ShopOptions } from './shop.ts';
