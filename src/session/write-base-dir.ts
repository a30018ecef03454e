import { baseDirSetSchema, SETTINGS_STREAM } from "../../projections/store-settings.js";
import { UsageError } from "../errors.js";
import type { StreamAppend } from "../log/prepare.js";
import type { SessionStore } from "./session-store.js";

/** The append that changes the store's base folder; none where it is what readState says anyway. */
export async function writtenBaseDir(store: SessionStore, baseDir: unknown, fallback: string): Promise<StreamAppend[]> {
  if (baseDir === undefined) return [];
  const { data, error } = baseDirSetSchema.safeParse({ baseDir });
  if (error !== undefined) {
    throw new UsageError("BASE_DIR_INVALID", "baseDir is the path of a folder", {
      hint: "write the state with the baseDir that readState gave",
      cause: error,
    });
  }
  const { document, version } = await store.settings();
  if (data.baseDir === (document?.baseDir ?? fallback)) return [];
  const events = [{ type: "store.base-dir-set", data, meta: { schema: 1 } }];
  return [{ stream: SETTINGS_STREAM, expectedVersion: version, events }];
}
