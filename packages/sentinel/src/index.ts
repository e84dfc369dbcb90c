export type { NetworkEvent } from './network-event.ts';
