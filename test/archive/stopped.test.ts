import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appendCount, linesOf } from "../../src/conformance/target.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { openLog } from "../../src/open-log.js";
import { tempDir } from "../support/temp.js";
import { ARCHIVABLE, addressIn } from "./archivable.js";

test.each(ARCHIVABLE)("%s: stopped while its file is written leaves no file", async (kind) => {
  const folder = tempDir();
  const file = join(folder, "to", "a.jsonl.gz");
  const log = await openLog(await addressIn(kind, folder));
  await appendCount(log, "session-a", 5);
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("stop"));
  await expect(archiveBefore(log, 4, file, { signal: stop.signal, onProgress })).rejects.toThrow("stop");
  expect([readdirSync(join(folder, "to")), await log.archives?.()]).toEqual([[], []]);
  await log.close();
});

test.each(ARCHIVABLE)(
  "%s: stopped when its file is whole takes nothing out of the store, says so, and goes on with that file",
  async (kind) => {
    const folder = tempDir();
    const file = join(folder, "a.jsonl.gz");
    const log = await openLog(await addressIn(kind, folder));
    await appendCount(log, "session-a", 5);
    const lines = await linesOf(log);
    const stop = new AbortController();
    // A file that is there is read through first: the signal comes behind all that looks at it while it is written.
    const copy = await openLog(`jsonl:${join(folder, "copy.jsonl")}`);
    for await (const page of log.readAll({})) await copy.appendSealed(page);
    await archiveBefore(copy, 4, file);
    stop.abort();
    const stopped = archiveBefore(log, 4, file, { signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ name: "StoppedError", code: "ARCHIVE_STOPPED" });
    expect([existsSync(file), await log.archives?.(), await linesOf(log)]).toEqual([true, [], lines]);
    await expect(archiveBefore(log, 4, file)).resolves.toMatchObject({ from: 1, to: 3 });
    await Promise.all([log.close(), copy.close()]);
  },
);
