import { isServerAddress } from "../config/address.js";
import type { Config } from "../config/layers.js";
import type { EventLog } from "../log/event-log.js";
import type { OutboxLogOptions } from "../outbox/outbox-log.js";
import type { ConfiguredStore } from "../session/configured-store.js";
import type { Streams } from "./output/streams.js";

/** Most commands are over before that: only those that stay open ask again by themselves. */
const CONTACT_MS = 5_000;

/** The store with its outbox: what it does when the server is away must not be missed, and every document says it. */
export async function openBehindOutbox(url: string, options: OutboxLogOptions, streams: Streams): Promise<EventLog> {
  const { OutboxLog } = await import("../outbox/outbox-log.js");
  const onNotice = ({ code, message }: { code: string; message: string }) => {
    if (code.startsWith("OUTBOX_")) streams.notice(message);
    else if (code.startsWith("SECRET")) streams.notice(`note: ${message}`);
    else streams.note(`note: ${message}`);
  };
  const log = await OutboxLog.open(url, { contactMs: CONTACT_MS, ...options, onNotice });
  streams.staleness = () => log.staleness;
  return log;
}

/** Who turns `fallback` off again must not forget what waits. */
export async function tellWaiting({ url }: ConfiguredStore, config: Config, streams: Streams): Promise<void> {
  if (!isServerAddress(url)) return;
  const count = await countWaiting(url, String(config.find("outbox.path")?.value));
  if (count > 0)
    streams.notice(`WARNING: ${count} appends wait for this server, and fallback is off: sessiondb outbox replay`);
}

/** What is tried out on a server's log is tried out without what waits for that, which would be sent before it. */
export async function tellWaitingFirst(url: string, outboxRoot: string, streams: Streams): Promise<void> {
  const count = await countWaiting(url, outboxRoot);
  if (count > 0) streams.notice(`WARNING: ${count} appends wait for this server, and would be sent first`);
}

async function countWaiting(url: string, outboxRoot: string): Promise<number> {
  const { waitingFor } = await import("../outbox/outbox-report.js");
  return waitingFor(outboxRoot, url);
}
