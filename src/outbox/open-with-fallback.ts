import { isServerAddress } from "../config/address.js";
import type { EventLog } from "../log/event-log.js";
import type { OpenLogOptions } from "../log/open-log-options.js";
import { openLog } from "../open-log.js";

/**
 * As `openLog`; with `outboxRoot`, a log on a server that is away is one with an outbox, and opens all the same. What lies on
 * this machine, and what is opened only to look, has none.
 */
export async function openWithFallback(url: string, options: OpenLogOptions, outboxRoot?: string): Promise<EventLog> {
  if (outboxRoot === undefined || options.readOnly === true || !isServerAddress(url)) return openLog(url, options);
  const { OutboxLog } = await import("./outbox-log.js");
  return OutboxLog.open(url, { ...options, outboxRoot });
}
