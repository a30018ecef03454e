import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { shapeOf } from "../../projections/projection.js";
import { sessions } from "../../projections/sessions.js";
import { allEvents } from "../../src/conformance/target.js";
import { archiveBefore, restoreArchive } from "../../src/inspect/archive-log.js";
import { readMarks } from "../../src/replay/read-marks.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { type OpenedStore, openStore } from "../../src/session/open-store.js";
import { setMark } from "../../src/session/set-mark.js";
import { openWebSessions } from "../../src/web-session/open-web-sessions.js";
import { tempDir } from "../support/temp.js";
import { ARCHIVABLE, addressIn } from "./archivable.js";

/** A store with two sessions and a mark, archived but for its last event. @returns it, opened anew */
async function archivedStore(kind: (typeof ARCHIVABLE)[number], isAtHand: boolean): Promise<[OpenedStore, string]> {
  const folder = tempDir();
  const url = await addressIn(kind, folder);
  const store = await openStore(url, { actor: "user:ada" });
  await store.create({ session: "a", branch: "one" });
  await store.create({ session: "b", branch: "two" });
  await setMark(store.log, "here", { at: 1, actor: "user:ada" });
  await store.update("a", { branch: "three" });
  await store.delete("b");
  await store.create({ session: "c" });
  const file = join(folder, "old.jsonl.gz");
  await archiveBefore(store.log, "HEAD", file);
  await store.close();
  if (!isAtHand) rmSync(file);
  const again = await openStore(url, { actor: "user:ada" });
  onTestFinished(() => again.close());
  return [again, url];
}

describe.each(ARCHIVABLE)("%s, without the archive at hand", (kind) => {
  test("sessions and marks are as they were, and are written to; their past says that it is archived", async () => {
    const [store] = await archivedStore(kind, false);
    expect((await store.list()).documents.map(({ record }) => record.session).sort()).toEqual(["a", "c"]);
    expect((await store.get("a")).record).toMatchObject({ branch: "three" });
    expect(await store.load("b")).toBeNull();
    expect(await store.load("never")).toBeNull();
    expect((await readMarks(store.log)).marks.map(({ name }) => name)).toEqual(["here"]);
    await store.update("a", { branch: "four" });
    expect((await store.get("a")).record).toMatchObject({ branch: "four" });
    await expect(store.create({ session: "a" })).rejects.toMatchObject({ code: "SESSION_EXISTS" });
    await expect(store.create({ session: "b" })).rejects.toMatchObject({ code: "SESSION_DELETED" });
    await expect(allEvents(store.log)).rejects.toMatchObject({ code: "ARCHIVED" });
    expect(await verifyLog(store.log)).toMatchObject({ ok: true, archived: { offset: 5 } });
  });

  test("what an older version kept of it, without a digest, still counts; what was changed since does not", async () => {
    const [store, url] = await archivedStore(kind, false);
    const { sidecar } = store.log;
    for (const name of await sidecar.list("snapshots/sessions-")) {
      const text = (await sidecar.read(name)) as string;
      await sidecar.write(name, text.slice(text.indexOf("{")));
    }
    expect((await store.get("a")).record).toMatchObject({ branch: "three" });
    for (const name of await sidecar.list("snapshots/marks-")) {
      const text = (await sidecar.read(name)) as string;
      await sidecar.write(name, text.replace("here", "hare"));
    }
    const again = await openStore(url);
    onTestFinished(() => again.close());
    await expect(readMarks(again.log)).rejects.toMatchObject({ code: "ARCHIVED" });
  });

  test("where what was kept of it is lost, too, nothing is answered by half", async () => {
    const [store] = await archivedStore(kind, false);
    for (const name of await store.log.sidecar.list("snapshots/")) await store.log.sidecar.remove(name);
    // Of one session its table may still tell.
    if (store.log.readModels !== undefined) {
      expect((await store.get("a")).record).toMatchObject({ branch: "three" });
      await store.log.readModels.beginRebuild(shapeOf(sessions));
      await store.log.readModels.finishRebuild(shapeOf(sessions));
    }
    for (const ask of [() => store.get("a"), () => readMarks(store.log)]) {
      await expect(ask()).rejects.toMatchObject({ code: "ARCHIVED" });
    }
    await expect(store.list()).rejects.toMatchObject({ code: "ARCHIVED" });
    await expect(store.update("a", { branch: "x" })).rejects.toMatchObject({ code: "ARCHIVED" });
  });
});

describe.each(ARCHIVABLE)("%s, with the archive at hand", (kind) => {
  test("what was kept of the states may be lost: the archive has it", async () => {
    const [store] = await archivedStore(kind, true);
    for (const name of await store.log.sidecar.list("snapshots/")) await store.log.sidecar.remove(name);
    expect((await store.get("a")).record).toMatchObject({ branch: "three" });
    expect((await store.list()).documents.length).toBe(2);
    expect((await (await store.at(1)).get("a")).record).toMatchObject({ branch: "one" });
  });
});

describe.each(ARCHIVABLE)("web sessions in %s", (kind) => {
  test("are archived: who has ended is signed out without the archive, who may live needs it", async () => {
    const folder = tempDir();
    const file = join(folder, "web.jsonl.gz");
    const url = await addressIn(kind, folder);
    const cookie = (ms: number) => ({
      cookie: { expires: new Date(Date.now() + ms).toISOString(), originalMaxAge: ms },
    });
    const open = () => openWebSessions({ url });
    const web = await open();
    await web.set("gone", { ...cookie(3_600_000), user_id: "ada" });
    await web.destroy("gone");
    await web.set("old", { ...cookie(3_600_000), user_id: "ada" });
    await web.set("new", { ...cookie(3_600_000), user_id: "ada" });
    await archiveBefore(web.log, "HEAD", file);
    await web.close();
    const withFile = await open();
    expect(await withFile.get("old")).toMatchObject({ user_id: "ada" });
    expect(await withFile.get("gone")).toBeNull();
    await expect(withFile.set("gone", cookie(1000))).rejects.toMatchObject({ code: "WEB_SESSION_ENDED" });
    await withFile.close();
    rmSync(file);
    const without = await open();
    expect(await without.get("gone")).toBeNull();
    expect(await without.get("never")).toBeNull();
    expect(await without.get("new")).toMatchObject({ user_id: "ada" });
    await expect(without.get("old")).rejects.toMatchObject({ code: "ARCHIVED" });
    await expect(without.set("gone", cookie(1000))).rejects.toMatchObject({ code: "ARCHIVED" });
    await without.close();
  });
});

test("who has a JSONL log open goes on, whatever was archived and put back meanwhile", async () => {
  const folder = tempDir();
  const url = await addressIn("jsonl", folder);
  const [idle, busy] = [await openStore(url), await openStore(url)];
  await idle.create({ session: "a" });
  const append = (branch: string) => busy.update("a", { branch });
  await append("one");
  expect((await idle.get("a")).record.branch).toBe("one");
  for (const branch of ["two", "three", "four"]) await append(branch);
  // All that the other one knows is archived now.
  await archiveBefore(busy.log, "HEAD", join(folder, "1.gz"));
  expect((await idle.update("a", { title: "x" })).events[0]?.offset).toBe(6);
  // Archived and put back between two looks: the file is another one, and begins where it did.
  await archiveBefore(busy.log, "HEAD", join(folder, "2.gz"));
  await restoreArchive(busy.log, join(folder, "2.gz"));
  await restoreArchive(busy.log, join(folder, "1.gz"));
  expect((await idle.update("a", { title: "y" })).events[0]?.offset).toBe(7);
  expect((await allEvents(busy.log)).length).toBe(7);
  for (const store of [idle, busy]) await store.close();
});

test("the manifest of an archived JSONL log is of a format that older programs refuse, and one without archives is not", async () => {
  const [store, url] = await archivedStore("jsonl", true);
  await store.close();
  const manifest = `${url.slice("jsonl:".length)}.manifest.json`;
  const written = JSON.parse(readFileSync(manifest, "utf8"));
  expect(written).toMatchObject({ format: 2, lock: "ofd", archives: [{ from: 1, to: 5 }] });
  for (const archives of [[], [{ from: 2, to: 5 }], "x", [null], [{ ...written.archives[0], to: "5" }]]) {
    writeFileSync(manifest, JSON.stringify({ ...written, archives }));
    await expect(openStore(url)).rejects.toMatchObject({
      code: expect.stringMatching(/^(MANIFEST_INVALID|EVENTS_MISSING)$/),
    });
  }
});
