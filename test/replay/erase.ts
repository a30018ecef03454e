import type { EventLog } from "../../src/log/event-log.js";

/** The data of one event goes. The records of redactions themselves stay. */
export async function erase(log: EventLog, offset: number): Promise<void> {
  await log.redact?.({ offsets: [offset] }, { actor: "a" }).catch((error: { code?: string }) => {
    if (error.code !== "REDACTION_REFUSED") throw error;
  });
}
