/**
 * `sessiondb/testing`: the promises of EventLog as runnable cases, for everyone who writes a backend.
 *
 *   import { test } from "vitest";                        // or node:test, or any (title, fn) => void
 *   import { conformanceSuite } from "sessiondb/testing";
 *   conformanceSuite(test, { open: (name, options) => MyLog.open(`mem:${name}`, options) });
 *
 * The suite reads what a backend declares in `capabilities`, never its name.
 */
export { conformanceSuite } from "./conformance/suite.js";
export type { ConformanceTarget, RegisterTest } from "./conformance/target.js";
