/**
 * Appends to a log until it has moved. Prints a line for each acknowledged append, and the error that it ends with.
 *
 * Arguments: url writer
 */
import { openLog } from "../../src/open-log.js";

const [url = "", writer = "0"] = process.argv.slice(2);
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const log = await openLog(url, { lockTimeoutMs: 60_000 });
try {
  for (let i = 0; ; i++) {
    const stream = i % 3 === 0 ? "session-shared" : `session-of-${writer}`;
    const { events } = await log.append(
      { stream, events: [{ type: "test.counted", data: { i } }] },
      { actor: `w:${writer}` },
    );
    say({ id: events[0]?.id });
  }
} catch (error) {
  const { code, movedTo } = error as { code?: unknown; movedTo?: unknown };
  say({ code, movedTo });
}
await log.close();
