import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { exportCollabFiles } from "../../src/collab/export-files.js";
import { writeAtomically } from "../../src/export/atomic-file.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { saveEvents } from "../../src/migrate/save-events.js";
import { exportSessions } from "../../src/session/export-sessions.js";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";

test("what is stopped while it writes a file leaves none behind, and the store as it was", async () => {
  const store = await openStore(`sqlite:${join(tempDir(), "s.db")}`, { actor: "user:ada" });
  onTestFinished(() => store.close());
  await store.create({ session: "a" });
  await store.create({ session: "b" });
  const collab = new CollaborativeSessions(store.log);
  await collab.sessions.create("s", { title: "Login" });
  const before = await store.log.tail();
  const folder = tempDir();
  const file = join(folder, "out");
  const signal = AbortSignal.abort(new Error("Ctrl-C"));
  const stopped = [
    () => exportSessions(store, { kind: "minsky-json" }, file, { signal }),
    () => exportSessions(store, { kind: "csv" }, file, { signal }),
    () => exportSessions(store, { kind: "sql", dialect: "sqlite" }, file, { signal }),
    () => saveEvents(store.log, { from: 1, to: before.offset }, file, { signal }),
    () => archiveBefore(store.log, "HEAD", file, { signal }),
    () => exportCollabFiles(collab, file, { signal }),
  ];
  for (const act of stopped) await expect(act()).rejects.toThrow("Ctrl-C");
  expect(readdirSync(folder)).toEqual([]);
  expect(await store.log.tail()).toEqual(before);
});

test("a file that is stopped between two texts leaves none behind", async () => {
  const folder = tempDir();
  const stop = new AbortController();
  function* texts() {
    yield "one";
    stop.abort(new Error("Ctrl-C"));
    yield "two";
  }
  const writing = writeAtomically(join(folder, "out"), texts(), { signal: stop.signal });
  await expect(writing).rejects.toThrow("Ctrl-C");
  expect(readdirSync(folder)).toEqual([]);
});
