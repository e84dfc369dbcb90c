export { type Intake, openDatagramIntake } from './datagram-intake.ts';
export { type DatagramQueue, datagramQueue } from './datagram-queue.ts';
export { openIntake } from './intake.ts';
export { openLastingIntake } from './lasting-intake.ts';
export { openStreamIntake } from './stream-intake.ts';
