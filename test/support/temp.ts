import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp } from "./clean-up.js";

/** Where a sync costs nothing, for tests that open hundreds of logs; the usual place where the system has no such folder. */
export const IN_MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A new folder that is removed after the test; one made outside a test, after the file. */
export function tempDir(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "sessiondb-test-"));
  cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
