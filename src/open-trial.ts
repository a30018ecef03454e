import { NotFoundError } from "./errors.js";
import type { EventLog } from "./log/event-log.js";
import type { OpenLogOptions } from "./log/open-log-options.js";
import { TrialLog } from "./log/trial-log.js";
import { openLog, scrubberOf, shownUrl } from "./open-log.js";

/**
 * The log at an address, to say what would become of it: what is appended stays in memory, and nothing is created,
 * mended or written at its place. Where there is no log, the trial begins with an empty one, but for `mustExist`.
 *
 * @throws as openLog
 */
export async function openTrial(url: string, options: OpenLogOptions = {}): Promise<TrialLog> {
  const { now, entropy } = options;
  const scrubber = scrubberOf(options);
  return TrialLog.open(await openIfThere(url, options), { url: shownUrl(url), now, entropy, scrubber });
}

async function openIfThere(url: string, options: OpenLogOptions): Promise<EventLog> {
  try {
    return await openLog(url, { ...options, readOnly: true });
  } catch (error) {
    const isMissing = error instanceof NotFoundError && error.code === "LOG_NOT_FOUND";
    if (isMissing && options.mustExist !== true) return openLog("memory:");
    throw error;
  }
}
