/** The sandbox PBX: what the composition root and tests use of it. */
export { createManualClock, createRunningClock, type OfficeClock } from './office-clock.ts';
export { demoOffice, parseOffice } from './office.ts';
export { sandboxRoutes, type CallView, type ScenarioFile } from './routes.ts';
export { createSandboxDriver, type SandboxDriver } from './sandbox-driver.ts';
export { runScenario } from './scenario.ts';
export type { Office } from './schema.ts';
export { Traffic } from './traffic.ts';
