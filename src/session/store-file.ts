import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { addressParts } from "../config/address.js";
import { UsageError } from "../errors.js";

/** Files of a store, by what follows its own path. */
const OF_A_STORE = /^(?:|-wal|-shm|-journal|\.lock|\.manifest\.json|\.torn-[^/]*|(?:\.sidecar|\.keys)(?:\/.*)?)$/s;

/**
 * A file that is to be written must not be the log of the store, nor one of those that it keeps beside itself, by whatever
 * name: that would be the end of it, also where it is replaced by a backup of itself, under the hands of its writers.
 *
 * @throws UsageError TARGET_IS_SOURCE
 */
export function assertNotStore(path: string, storeUrl: string): void {
  const { scheme, rest } = addressParts(storeUrl);
  if (scheme !== "jsonl" && scheme !== "sqlite") return;
  const [file, store] = [realPlace(path), realPlace(rest)];
  if (!file.startsWith(store) || !OF_A_STORE.test(file.slice(store.length))) return;
  throw new UsageError("TARGET_IS_SOURCE", `${path} belongs to the store; it was not touched`, {
    hint: "name another file",
  });
}

/** With links resolved, also where the file itself is not there. */
function realPlace(path: string): string {
  const whole = resolve(path);
  return realPath(whole) ?? join(realPath(dirname(whole)) ?? dirname(whole), basename(whole));
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined; // it is not there, so nothing can be in it
  }
}
