import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import { planArchive } from "../../src/inspect/archive-plan.js";
import { sayCursor } from "../../src/log/copy-cursors.js";
import { openLog } from "../../src/open-log.js";
import { outboxReport } from "../../src/outbox/outbox-report.js";
import { ARCHIVABLE, addressIn } from "../archive/archivable.js";
import { tempDir } from "../support/temp.js";
import { ACTOR, counted, dataOf, OutboxWorld } from "./outbox-world.js";

const archiveFile = () => join(tempDir(), "a.jsonl.gz");

test("a store with an outbox is archived on its server; while that is away, all of it is read from this machine", async () => {
  const world = await OutboxWorld.start();
  const log = await world.open();
  for (const data of [1, 2, 3, 4]) await log.append(counted(`session-${data % 2}`, data), ACTOR);
  const file = archiveFile();
  expect(await archiveBefore(log, "HEAD", file)).toMatchObject({ from: 1, to: 3 });
  expect((await world.direct.archives?.())?.length).toBe(1);
  expect(await dataOf(log)).toEqual([1, 2, 3, 4]);
  rmSync(file);
  await expect(dataOf(await world.open({ outboxRoot: tempDir() }))).rejects.toMatchObject({ code: "ARCHIVED" });
  world.cut();
  expect(await dataOf(log)).toEqual([1, 2, 3, 4]);
  expect(await log.append(counted("session-1", 5, 2), ACTOR)).toMatchObject({ queued: true });
  await expect(archiveBefore(log, "HEAD", archiveFile())).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  world.mend();
  expect(await log.replay()).toMatchObject({ appended: 1, conflicts: 0 });
  expect((await world.direct.readLast("session-1"))?.data).toBe(5);
});

test("what waits goes to the server before anything is archived, and what is archived comes back", async () => {
  const world = await OutboxWorld.start();
  const log = await world.open();
  await log.append(counted("session-a", 1), ACTOR);
  world.cut();
  for (const data of [2, 3]) expect((await log.append(counted("session-a", data), ACTOR)).queued).toBe(true);
  await log.close();
  world.mend();
  const again = await world.open();
  const file = archiveFile();
  expect(await archiveBefore(again, "HEAD", file)).toMatchObject({ to: 2 });
  await restoreArchive(again, file);
  expect(await dataOf(world.direct)).toEqual([1, 2, 3]);
});

test("what another machine's outbox has not copied is not archived: it is named, with how far it is; less is", async () => {
  const world = await OutboxWorld.start();
  const other = await world.open({ outboxRoot: tempDir() });
  await other.append(counted("session-a", 1), ACTOR);
  await other.append(counted("session-a", 2), ACTOR);
  await other.close();
  for (const data of [3, 4, 5]) await world.direct.append(counted("session-b", data), ACTOR);
  const refusal = { code: "ARCHIVE_UNDELIVERED", message: expect.stringMatching(/outbox of .+ up to offset 2 at 20/) };
  await expect(planArchive(world.direct, "HEAD")).rejects.toMatchObject(refusal);
  await expect(archiveBefore(await world.open(), "HEAD", archiveFile())).rejects.toMatchObject(refusal);
  expect(await archiveBefore(world.direct, 3, archiveFile())).toMatchObject({ to: 2 });
  const inAMonth = new Date(Date.now() + 31 * 86_400_000);
  expect(await planArchive(world.direct, "HEAD", inAMonth)).toMatchObject({ to: 4 });
});

test("an append that the server had taken before it went away, and that was archived since, is not sent again", async () => {
  const world = await OutboxWorld.start();
  const log = await world.open();
  await log.append(counted("session-a", 1), ACTOR);
  world.cutBehind("INSERT INTO");
  const unsure = await log.append(counted("session-a", 2), ACTOR);
  await log.close();
  const isThere = (await dataOf(world.direct)).includes(2);
  const { id } = unsure.events[0] as { id: string };
  if (!isThere)
    await world.direct.append({ ...counted("session-a", 2), events: [{ type: "test.counted", data: 2, id }] }, ACTOR);
  await world.direct.append(counted("session-a", 3), ACTOR);
  await world.direct.sidecar
    .list("copies/")
    .then((names) => Promise.all(names.map((name) => world.direct.sidecar.remove(name))));
  const file = archiveFile();
  await archiveBefore(world.direct, "HEAD", file);
  world.mend();
  const again = await world.open({ archives: [file] });
  expect(await again.replay()).toMatchObject({ conflicts: 0 });
  expect((await outboxReport(world.root, world.url)).queue).toEqual([]);
  expect(await dataOf(again)).toEqual([1, 2, 3]);
});

test.each(ARCHIVABLE)(
  "%s: whoever keeps a copy and has said so holds back what he lacks, and nothing else",
  async (kind) => {
    const folder = tempDir();
    const log = await openLog(await addressIn(kind, folder));
    onTestFinished(() => log.close());
    for (const data of [1, 2, 3]) await log.append(counted("session-a", data), ACTOR);
    await sayCursor(log.sidecar, { keeper: "laptop /home/ada", offset: 1, at: new Date().toISOString() });
    for (const text of ["", "{", '{"keeper":1}', "null", "[]"]) await log.sidecar.write("copies/broken", text);
    await expect(archiveBefore(log, "HEAD", join(folder, "a.gz"))).rejects.toMatchObject({
      code: "ARCHIVE_UNDELIVERED",
      message: expect.stringContaining("laptop /home/ada had copied up to offset 1"),
    });
    expect(await archiveBefore(log, 2, join(folder, "a.gz"))).toMatchObject({ to: 1 });
  },
);
