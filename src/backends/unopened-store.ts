import type { OpenLogOptions } from "../log/open-log-options.js";
import type { StoreExam } from "../log/store-exam.js";
import type { StoreProbe } from "../log/store-probe.js";
import { backendOf } from "./backends.js";

/**
 * Looks at the place of a log without opening, creating or changing anything. Of registered backends nothing is known.
 *
 * @throws UsageError STORE_URL_INVALID; Postgres: whatever keeps it from connecting
 */
export async function probeStore(url: string, options: OpenLogOptions = {}): Promise<StoreProbe> {
  const { backend, rest } = backendOf(url);
  return (await backend.probe?.(rest, options, url)) ?? {};
}

/**
 * The store as it lies there, for questions that an open log cannot answer. Nothing is opened before it is asked.
 *
 * @returns undefined for a log in memory, and for registered backends: of those nothing is known
 * @throws UsageError STORE_URL_INVALID
 */
export async function examineStore(url: string, options: OpenLogOptions = {}): Promise<StoreExam | undefined> {
  const { backend, rest } = backendOf(url);
  return backend.exam?.(rest, options, url);
}
