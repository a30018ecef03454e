import { WEB_CATEGORY, webSessions } from "../../projections/web-sessions.js";
import type { EventLog } from "../log/event-log.js";
import { stateAtBase } from "../replay/base-states.js";

/**
 * Whether a session whose events are archived had ended, or has expired, as the state says that was kept when they were
 * archived: then nobody needs the archive to be told that he is signed out. False also where that state is not held.
 */
export async function endedBefore(log: EventLog, stream: string, now: Date): Promise<boolean> {
  const base = await stateAtBase(log, webSessions);
  const id = stream.slice(WEB_CATEGORY.length + 1);
  if (base === undefined || !base.state.versions.has(id)) return false;
  const document = base.state.documents.get(id);
  return document === undefined || document.expiresAt <= now.toISOString();
}
