import { rmSync } from "node:fs";

/** What a write that failed has left. It does not throw: what failed first is what is told. */
export function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // where the folder is none, there is no file either
  }
}
