/**
 * Appends `count` events of `size` characters, one by one. Prints how many were acknowledged and the first error's code.
 * With `uid` it becomes that user first, once everything is loaded: no mode of a file stops root.
 *
 * Arguments: file stream [count] [size] [uid]
 */
import Database from "better-sqlite3";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";

const [file = "", stream = "", count = "1", size = "10", uid = ""] = process.argv.slice(2);
if (uid !== "") {
  new Database(":memory:").close(); // loads the native driver, which the other user may not be able to reach
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
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
process.stdout.write(`${JSON.stringify({ acknowledged, code, tail: tail.offset })}\n`);
