import { examineStore } from "../backends/unopened-store.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { type PartSizes, STORE_PARTS, type StorePart } from "../log/store-exam.js";

export interface StoreSizes {
  readonly parts: ReadonlyArray<{ readonly part: StorePart; readonly bytes: number }>;
  /** Of all parts together. */
  readonly bytes: number;
}

/**
 * What a store takes on disk now: its log, WAL, read models, snapshots and what else there is. SQLite's pages are read once
 * for that. Nothing is changed.
 *
 * @returns null for a log in memory and for registered backends: of those nothing is known
 * @throws UsageError STORE_URL_INVALID; NotFoundError LOG_NOT_FOUND; and the errors of its backend
 */
export async function storeSizes(url: string, options: OpenLogOptions = {}): Promise<StoreSizes | null> {
  const exam = await examineStore(url, options);
  return exam === undefined ? null : inOrder(await exam.sizes());
}

function inOrder(sizes: PartSizes): StoreSizes {
  const parts = STORE_PARTS.flatMap((part) => {
    const bytes = sizes[part];
    return bytes === undefined ? [] : [{ part, bytes }];
  });
  return { parts, bytes: parts.reduce((sum, one) => sum + one.bytes, 0) };
}
