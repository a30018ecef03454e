import { join } from "node:path";
import { expect, test } from "vitest";
import { allEvents } from "../../src/conformance/target.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import type { StreamAppend } from "../../src/log/prepare.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { fc } from "../support/fast-check.js";
import { tempDir } from "../support/temp.js";

/** Around the number of rows that go into one statement. */
const COUNTS = [1, 3, 19, 20, 21, 45];

const part = fc
  .record({
    stream: fc.constantFrom("session-a", "session-b"),
    type: fc.constantFrom("t", "u"),
    actors: fc.constantFrom(["user:ada"], ["user:ada", "agent:x"]),
    count: fc.constantFrom(...COUNTS),
  })
  .map(({ stream, type, actors, count }): StreamAppend => {
    const events = Array.from({ length: count }, (_, i) => {
      return { type, data: { i, text: "ä\u2028" }, actor: actors[i % actors.length] as string };
    });
    return { stream, events };
  });
const appends = fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });

test("what is written many rows at once reads as it was sealed, whatever the events have in common", async () => {
  await fc.assert(
    fc.asyncProperty(appends, fc.boolean(), async (batches, redacts) => {
      const source = new MemoryLog();
      for (const batch of batches) await source.append(batch, { actor: "user:test" });
      if (redacts) await source.redact({ offsets: [1], reason: "asked for" }, { actor: "user:test" });
      const sealed = await allEvents(source);

      const log = await SqliteLog.open(join(tempDir(), "copy.db"));
      await log.appendSealed(sealed);
      expect(fieldsOf(await allEvents(log))).toEqual(fieldsOf(sealed));
      await log.close();

      const written = await SqliteLog.open(join(tempDir(), "written.db"));
      for (const batch of batches) {
        const { events, firstOffset } = await written.append(batch, { actor: "user:test" });
        expect(fieldsOf(await allEvents(written, { from: firstOffset }))).toEqual(fieldsOf(events));
      }
      await written.close();
    }),
    { numRuns: 25 },
  );
});

function fieldsOf(events: readonly object[]): object[] {
  return events.map((event) => ({ ...event }));
}
