import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanUp } from "./clean-up.js";

/** A new folder that is removed after the test; one made outside a test, after the file. */
export function tempDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "sessiondb-test-"));
  cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
