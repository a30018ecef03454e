/**
 * Appends an event with a canary, says so, and erases it, over and over. Prints the offset of each event when it is
 * appended, and again when it is erased.
 *
 * Arguments: url canary [pauseMs]
 */
import { openLog } from "../../src/open-log.js";

const [url = "", canary = "", pauseMs = "0"] = process.argv.slice(2);
const log = await openLog(url);
const actor = { actor: "agent:redactor" };
for (let i = 0; ; i++) {
  const { firstOffset } = await log.append(
    { stream: "notes-x", events: [{ type: "note", data: { canary, i } }] },
    actor,
  );
  process.stdout.write(`${JSON.stringify({ appended: firstOffset })}\n`);
  await log.redact?.({ offsets: [firstOffset] }, actor);
  process.stdout.write(`${JSON.stringify({ erased: firstOffset })}\n`);
  if (pauseMs !== "0") await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
}
