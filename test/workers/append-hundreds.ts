/**
 * Appends events, a hundred at a time, and prints the offset that each append has reached. Does not close the log.
 *
 * Arguments: file [appends]; without a number it goes on until it is killed
 */
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";

const [file = "", appends = "Infinity"] = process.argv.slice(2);
const log = await SqliteLog.open(file);
const events = Array.from({ length: 100 }, (_, n) => ({ type: "t", data: { n } }));
for (let n = 0; n < Number(appends); n++) {
  const { lastOffset } = await log.append({ stream: "session-a", events }, { actor: "agent:1" });
  process.stdout.write(`${lastOffset}\n`);
}
