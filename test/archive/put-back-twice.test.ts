import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ArchiveFile } from "../../src/archive/archive-file.js";
import { appendCount, linesOf } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import type { SealedEvent } from "../../src/log/event.js";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { tempDir } from "../support/temp.js";

test.each(["before the first of its events", "behind all of its events"])(
  "an archive that somebody else puts back, %s have come back, is back for both",
  async (when) => {
    const folder = tempDir();
    const url = `sqlite:${join(folder, "s.db")}`;
    const file = join(folder, "a.jsonl.gz");
    const [one, other] = [await openLog(url), await openLog(url)];
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    await appendCount(one, "session-a", 9);
    const lines = await linesOf(one);
    const entry = await archiveBefore(one, 7, file);
    const archive = await ArchiveFile.open(file);
    onTestFinished(() => archive.close());
    async function* backwards(): AsyncGenerator<readonly SealedEvent[], void, undefined> {
      if (when.startsWith("before")) await restoreArchive(other, file);
      yield* archive.backwards();
      if (when.startsWith("behind")) await restoreArchive(other, file);
    }
    if (entry === undefined) throw new Error("nothing was archived");
    await one.unarchive?.(entry, { forwards: () => archive.readAll(1, 6), backwards });
    for (const log of [one, other]) {
      expect([await log.archives?.(), await linesOf(log)]).toEqual([[], lines]);
      expect(await verifyLog(log)).toMatchObject({ ok: true });
    }
  },
);
