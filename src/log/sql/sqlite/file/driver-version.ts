import { createRequire } from "node:module";
import { compareVersions, versionNumbers } from "../version-numbers.js";

/** From here on Node's headers make better-sqlite3 12 end the process ("RemoveEnvironmentCleanupHook"), whenever it collects garbage. */
const FIRST_NODE_WITHOUT_12 = [24, 19, 0] as const;
/** In an older one better-sqlite3 13 ends the process (a segmentation fault) with the first database. */
const FIRST_NODE_WITH_13 = [22, 0, 0] as const;

/** The driver to install for a Node, as npm takes it. */
export function fittingDriver(node: string): string {
  return compareVersions(versionNumbers(node), FIRST_NODE_WITH_13) >= 0 ? "better-sqlite3@13" : "better-sqlite3@12";
}

/** @returns why a driver of that version must not be loaded by that Node: npm only warns where the two do not fit */
export function driverFault(driver: string, node: string): string | undefined {
  const [major = 0] = versionNumbers(driver);
  const here = versionNumbers(node);
  const fits =
    major < 13 ? compareVersions(here, FIRST_NODE_WITHOUT_12) < 0 : compareVersions(here, FIRST_NODE_WITH_13) >= 0;
  return fits ? undefined : `better-sqlite3 ${driver} can end a process of Node ${node} at any time`;
}

export function driverVersion(): string {
  return (createRequire(import.meta.url)("better-sqlite3/package.json") as { version: string }).version;
}
