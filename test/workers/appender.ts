/**
 * Appends events `from` to `to` (inclusive) of one writer and prints a line for each acknowledged one. The ids are made
 * of writer and number, so a writer that was killed can be started again behind its last acknowledged event: what was
 * committed without an acknowledgement is then appended a second time, with the same id.
 *
 * Arguments: url writer from to
 */
import { openLog } from "../../src/open-log.js";
import { writerEventId } from "../faults/writer-event.js";

const [url = "", writer = "0", from = "1", to = "1"] = process.argv.slice(2);
const log = await openLog(url);
for (let i = Number(from); i <= Number(to); i++) {
  const id = writerEventId(Number(writer), i);
  const { events } = await log.append(
    {
      stream: `session-${(Number(writer) + i) % 5}`,
      events: [{ id, type: "test.counted", data: { writer: Number(writer), i } }],
    },
    { actor: `agent:${writer}` },
  );
  const { offset, hash } = events[0] as { offset: number; hash: string };
  process.stdout.write(`${JSON.stringify({ i, offset, hash })}\n`);
}
await log.close();
