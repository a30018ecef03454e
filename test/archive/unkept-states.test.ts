import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { rebuildProjections } from "../../src/inspect/projections.js";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";

/** A store whose disk takes no states: a file stands where their folder would be. */
async function storeThatKeepsNoStates() {
  const path = join(tempDir(), "s.jsonl");
  const inTheWay = `${path}.sidecar/snapshots`;
  mkdirSync(dirname(inTheWay));
  writeFileSync(inTheWay, "");
  const store = await openStore(`jsonl:${path}`, { actor: "user:ada" });
  onTestFinished(() => store.close());
  await store.create({ session: "a", branch: "one" });
  await store.create({ session: "b" });
  return { store, path, inTheWay };
}

test("nothing is archived where the states cannot be kept that the store begins with afterwards", async () => {
  const { store, path, inTheWay } = await storeThatKeepsNoStates();
  const file = join(dirname(path), "old.gz");
  await expect(archiveBefore(store.log, "HEAD", file)).rejects.toMatchObject({
    name: "StorageError",
    hint: expect.any(String),
  });
  expect(await store.log.archives?.()).toEqual([]);
  rmSync(inTheWay);
  await archiveBefore(store.log, "HEAD", file); // the file is there, and is taken
  rmSync(file);
  expect((await store.get("a")).record).toMatchObject({ branch: "one" });
});

test("a rebuild that cannot be kept is an error, and not told as done", async () => {
  const { store } = await storeThatKeepsNoStates();
  await expect(rebuildProjections(store.log, ["sessions"])).rejects.toMatchObject({
    name: "StorageError",
    hint: expect.any(String),
  });
});

test("questions go on where no state can be kept", async () => {
  const { store } = await storeThatKeepsNoStates();
  expect((await store.list()).documents.map(({ record }) => record.session).sort()).toEqual(["a", "b"]);
});
