import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { audit } from "../../src/inspect/audit.js";
import { blame } from "../../src/inspect/blame.js";
import { checkProof } from "../../src/inspect/check-proof.js";
import { diff } from "../../src/inspect/diff.js";
import { diagnose } from "../../src/inspect/doctor/diagnose.js";
import { logHealth } from "../../src/inspect/log-health.js";
import { sessionLogPage } from "../../src/inspect/session-log.js";
import { writeProof } from "../../src/inspect/write-proof.js";
import { type OpenedStore, openStore } from "../../src/session/open-store.js";
import { previewRevert } from "../../src/session/revert-session.js";
import { redo, undo } from "../../src/session/undo.js";
import { tempDir } from "../support/temp.js";
import { ARCHIVABLE, addressIn } from "./archivable.js";

const ADA = { actor: "user:ada" };

/** 1 and 2 make a and b, 3 changes a and is archived with them, 4 makes c; the file is gone. */
async function archived(
  kind: (typeof ARCHIVABLE)[number],
): Promise<{ store: OpenedStore; url: string; folder: string }> {
  const folder = tempDir();
  const url = await addressIn(kind, folder);
  const store = await openStore(url, ADA);
  await store.create({ session: "a", branch: "one" });
  await store.create({ session: "b" });
  await store.update("a", { branch: "two" });
  await store.create({ session: "c" });
  const file = join(folder, "old.jsonl.gz");
  await archiveBefore(store.log, "HEAD", file);
  await store.close();
  rmSync(file);
  const again = await openStore(url, ADA);
  onTestFinished(() => again.close());
  return { store: again, url, folder };
}

describe.each(ARCHIVABLE)("%s, whose beginning is archived elsewhere", (kind) => {
  test("its health is that of what is behind the archive", async () => {
    const { store } = await archived(kind);
    expect(await logHealth(store.log, { maxLag: 1000 })).toMatchObject({ ok: true, checked: 1, tail: { offset: 4 } });
    await store.update("c", { branch: "x" });
    expect(await logHealth(store.log)).toMatchObject({ ok: true, checked: 2 });
  });

  test("an audit of what is behind the archive is told, with a proof of it; one event earlier is ARCHIVED", async () => {
    const { store, folder } = await archived(kind);
    const entries = [];
    for await (const { offset } of audit(store.log, { since: 3 })) entries.push(offset);
    expect(entries).toEqual([4]);
    await writeProof(store.log, { since: 3 }, join(folder, "p.jsonl"));
    expect(await checkProof(join(folder, "p.jsonl"))).toMatchObject({ events: 1, matched: 1, after: { offset: 3 } });
    await expect(audit(store.log, { since: 2 }).next()).rejects.toMatchObject({ code: "ARCHIVED" });
  });

  test("what was done since is undone and redone; what is archived is not", async () => {
    const { store } = await archived(kind);
    await store.update("c", { branch: "x" });
    expect((await undo(store)).sessions.map(({ session }) => session)).toEqual(["c"]);
    expect((await store.get("c")).record).not.toHaveProperty("branch");
    await redo(store);
    expect((await store.get("c")).record).toMatchObject({ branch: "x" });
    await undo(store);
    expect(
      (await undo(store)).sessions.map(({ session }) => session),
      "the event right behind the archive",
    ).toEqual(["c"]);
    await expect(undo(store)).rejects.toMatchObject({ code: "ARCHIVED" });
    expect(await store.load("c")).toBeNull();
  });

  test("a part of a history is told only where all of it could be, whatever states of it are kept", async () => {
    const { store } = await archived(kind);
    const events = Array.from({ length: 2_500 }, (_, n) => {
      return { type: "session.updated", data: { patch: [{ op: "add", path: "/n", value: n }] } };
    });
    await store.log.append({ stream: "session-a", events }, ADA);
    const { offset: tail } = await store.log.tail();
    const [from, to] = [tail - 10, tail];
    expect((await store.get("a", { asOf: tail - 1_200 })).record).toMatchObject({ branch: "two", n: 1_299 });
    expect((await store.get("a", { asOf: tail - 10 })).record).toMatchObject({ branch: "two", n: 2_489 });
    for (const ask of [
      () => sessionLogPage(store.log, "a", {}, 5),
      () => diff(store.log, "a", { from, to }),
      () => blame(store.log, "a", { path: "n" }),
      () => undo(store, { session: "a", dryRun: true }),
      () => previewRevert(store, "a", { event: tail }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "ARCHIVED" });
    }
  });

  test("doctor looks for secrets behind the archive, and says what it could not look at", async () => {
    const { store, url } = await archived(kind);
    const secrets = async () => (await diagnose({ url })).findings.find(({ check }) => check === "secrets");
    expect(await secrets()).toMatchObject({ severity: "ok", what: expect.stringContaining("; 1..3 are archived") });
    const token = { type: "note", data: { text: `ghp_${"0123456789abcdefghij".repeat(2).slice(0, 36)}` } };
    const log = await openStore(url, { ...ADA, scrub: { mode: "off" } });
    await log.log.append({ stream: "notes", events: [token] }, ADA);
    await log.close();
    expect(await secrets()).toMatchObject({ severity: "warn", what: expect.stringContaining("; 1..3 are archived") });
    expect((await store.log.tail()).offset).toBe(5);
  });
});
