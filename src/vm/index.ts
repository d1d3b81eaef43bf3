/** The embedded lane: throw-away virtual machines with a chosen kernel, and one command in each. */
export { demandKnownKernel, kernelNames } from './catalogue.js';
export { guestsAtATime, runMany } from './many.js';
export { prepareLane, type PrepareOptions } from './prepare.js';
export { lsmWithBpf, lsmWithoutBpf } from './qemu.js';
export { laneRequirements } from './requirements.js';
export { runInGuest, type GuestJob, type GuestResult, type RunGuestOptions } from './run.js';
export { type Copy, type Output } from './session.js';
