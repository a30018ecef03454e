import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { mirrorSessions } from "../../src/session/mirror-sessions.js";
import { SessionStore } from "../../src/session/session-store.js";
import { record } from "../session/records.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";

async function openStore(path: string): Promise<SessionStore> {
  const log = await openLog(`jsonl:${path}`);
  onTestFinished(() => log.close());
  return new SessionStore(log, { actor: "ada" });
}

function branches(file: string): unknown[] {
  const { sessions } = JSON.parse(readFileSync(file, "utf8")) as { sessions: { branch: unknown }[] };
  return sessions.map(({ branch }) => branch);
}

async function started() {
  const folder = tempDir();
  const [path, file] = [join(folder, "s.jsonl"), join(folder, "session-db.json")];
  const [store, other] = [await openStore(path), await openStore(path)];
  await store.create(record("a", { branch: "1" }));
  const stop = new AbortController();
  let writes = 0;
  const running = mirrorSessions(store, file, { signal: stop.signal, pollMs: 20, onWritten: () => writes++ });
  await until("the first writing", () => writes > 0);
  return { file, store, other, stop, running, writes: () => writes };
}

test("the file follows the changes of any process, until it is ended", async () => {
  const { file, store, other, stop, running } = await started();
  expect(branches(file)).toEqual(["1"]);
  await other.update("a", { branch: "2" });
  await until("the change of another", () => branches(file)[0] === "2");
  await store.create(record("b", { branch: "b" }));
  await until("the new session", () => branches(file).length === 2);
  stop.abort();
  await running;
  await store.update("a", { branch: "3" });
  expect(branches(file)).toEqual(["2", "b"]);
});

test("what another program writes into the file is not overwritten, and that is an error", async () => {
  const { file, store, running } = await started();
  const failed = expect(running).rejects.toMatchObject({ code: "OUTPUT_CHANGED" });
  writeFileSync(file, '{"sessions":[],"theirs":true}');
  await store.update("a", { branch: "2" });
  await failed;
  expect(readFileSync(file, "utf8")).toContain("theirs");
});

test("a file that was removed is made again", async () => {
  const { file, store, stop, running, writes } = await started();
  rmSync(file);
  await store.update("a", { branch: "2" });
  await until("the second writing", () => writes() > 1);
  expect(branches(file)).toEqual(["2"]);
  stop.abort();
  await running;
});

test("a file that is there when it begins is refused", async () => {
  const folder = tempDir();
  writeFileSync(join(folder, "session-db.json"), "[]");
  const store = await openStore(join(folder, "s.jsonl"));
  await expect(mirrorSessions(store, join(folder, "session-db.json"))).rejects.toMatchObject({ code: "OUTPUT_EXISTS" });
});
