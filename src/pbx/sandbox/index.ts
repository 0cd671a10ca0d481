/** The sandbox PBX: what the composition root, tests and tools may use of it. */
export { createManualClock, createRunningClock, type OfficeClock } from './office-clock.ts';
export { demoOffice, parseOffice } from './office.ts';
export type { Phones } from './phones.ts';
export { sandboxRoutes, type CallView, type SandboxRoutesOptions } from './routes.ts';
export { createSandboxDriver, type Faults, type SandboxDriver, type SandboxOptions } from './sandbox-driver.ts';
export { runScenario, type Stage } from './scenario.ts';
export type { Office } from './schema.ts';
export { Traffic, type TrafficOptions } from './traffic.ts';
