import { realpathSync } from "node:fs";
import { addressParts } from "../config/address.js";
import { UsageError } from "../errors.js";

/** A file that is to be written must not be the log of the store, nor a file beside it. @throws UsageError TARGET_IS_SOURCE */
export function assertNotStore(path: string, storeUrl: string): void {
  const { scheme, rest } = addressParts(storeUrl);
  if (scheme !== "jsonl" && scheme !== "sqlite") return;
  const [file, store] = [realPath(path), realPath(rest)];
  if (file === undefined || store === undefined) return; // what is not there is not the store
  if (file !== store && !file.startsWith(`${store}.`) && !file.startsWith(`${store}-`)) return;
  throw new UsageError("TARGET_IS_SOURCE", `${path} belongs to the store; it was not touched`, {
    hint: "name another file",
  });
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
