/**
 * Appends, archives and puts back, over and over. Prints the offset of each event when it is appended, and what was done
 * with an archive.
 *
 * Arguments: url folder seed
 */
import { join } from "node:path";
import { archiveBefore, archiveStates, restoreArchive } from "../../src/inspect/archive-log.js";
import { openLog } from "../../src/open-log.js";

const [url = "", folder = "", seed = ""] = process.argv.slice(2);
const log = await openLog(url, { archives: [folder] });
const actor = { actor: "agent:archiver" };
const say = (said: object) => process.stdout.write(`${JSON.stringify(said)}\n`);
for (let i = 0; ; i++) {
  const events = Array.from({ length: 1 + (i % 3) }, () => ({ type: "note", data: { i } }));
  const { lastOffset } = await log.append({ stream: `notes-${i % 5}`, events }, actor);
  say({ appended: lastOffset });
  const last = (await archiveStates(log, [folder])).at(-1);
  if (i % 3 === 2 && last !== undefined) {
    await restoreArchive(log, last.foundAt ?? "");
    say({ restored: last.to });
  } else {
    const entry = await archiveBefore(log, "HEAD", join(folder, `${seed}-${i}.jsonl.gz`));
    say({ archived: entry?.to ?? 0 });
  }
}
