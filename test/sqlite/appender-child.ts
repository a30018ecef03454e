/** Appends `count` events of `size` characters, one by one. Prints how many were acknowledged and the first error's code. */
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";

const [file = "", stream = "", count = "1", size = "10"] = process.argv.slice(2);
const log = await SqliteLog.open(file);
let acknowledged = 0;
let code: unknown;
try {
  for (; acknowledged < Number(count); acknowledged++) {
    await log.append(
      { stream, events: [{ type: "test.counted", data: "x".repeat(Number(size)) }] },
      { actor: "user:test" },
    );
  }
} catch (error) {
  code = (error as { code?: unknown }).code ?? String(error);
}
const tail = await log.tail();
await log.close();
process.stdout.write(JSON.stringify({ acknowledged, code, tail: tail.offset }));
