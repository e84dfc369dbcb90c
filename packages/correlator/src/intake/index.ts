export { type DatagramQueue, datagramQueue } from './datagram-queue.ts';
export { openIntake } from './intake.ts';
