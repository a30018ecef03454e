/**
 * As the appender, behind an outbox, until it has appended `to` or is ended: what it prints is acknowledged, by the server or
 * by the outbox. `replay` in the place of `from` replays what waits, and ends.
 *
 * Arguments: url outboxRoot writer from to
 */
import { OutboxLog } from "../../src/outbox/outbox-log.js";
import { writerEventId } from "../faults/writer-event.js";

const [url = "", outboxRoot = "", writer = "0", from = "1", to = "1"] = process.argv.slice(2);
const log = await OutboxLog.open(url, { outboxRoot, contactMs: 50, retryLimitMs: 50, lockTimeoutMs: 60_000 });
if (from === "replay") process.stdout.write(`${JSON.stringify(await log.replay())}\n`);
else for (let i = Number(from); i <= Number(to); i++) await append(i);
await log.close();

async function append(i: number): Promise<void> {
  const id = writerEventId(Number(writer), i);
  const data = { writer: Number(writer), i };
  const batch = { stream: `session-${(Number(writer) + i) % 3}`, events: [{ id, type: "test.counted", data }] };
  const { queued = false } = await log.append(batch, { actor: `agent:${writer}` });
  process.stdout.write(`${JSON.stringify({ i, queued })}\n`);
}
