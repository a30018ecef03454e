import { cpSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileKeyStore } from "../../src/keys/file-key-store.js";
import type { SessionKey } from "../../src/log/key-store.js";
import { tempDir } from "../support/temp.js";
import { keyIn } from "./web-stores.js";

/** Keys of one file, and of one call of `create`. */
const [PER_FILE, AT_ONCE] = [4096, 64];

function opened(folder: string): FileKeyStore {
  const store = new FileKeyStore(folder);
  onTestFinished(() => store.close());
  return store;
}

test("a key that one process destroys is gone for others that have read it", async () => {
  const folder = join(tempDir(), "keys");
  const [one, two] = [opened(folder), opened(folder)];
  const [first, second] = (await one.create(2)) as [SessionKey, SessionKey];
  expect(await keyIn(two, first.id)).toEqual(first.key);
  await one.destroy([first.id]);
  expect([await keyIn(two, first.id), await keyIn(two, second.id)]).toEqual([null, second.key]);
  await two.destroy([second.id, first.id]);
  expect([await keyIn(one, second.id), await keyIn(two, second.id)]).toEqual([null, null]);
});

test("a full file whose keys are all destroyed is removed, and that is no error for who has it open", async () => {
  const folder = join(tempDir(), "keys");
  const [one, two] = [opened(folder), opened(folder)];
  const keys: SessionKey[] = [];
  while (keys.length < PER_FILE + 1) keys.push(...(await one.create(AT_ONCE)));
  const [first, last] = [keys[0] as SessionKey, keys.at(-1) as SessionKey];
  expect(await keyIn(two, first.id)).toEqual(first.key);
  await one.destroy(keys.slice(0, PER_FILE).map(({ id }) => id));
  expect(readdirSync(folder)).toHaveLength(1);
  expect([await keyIn(two, first.id), await keyIn(two, last.id)]).toEqual([null, last.key]);
});

test("no id leads out of the folder, or to a key that never was", async () => {
  const store = opened(join(tempDir(), "keys"));
  const [{ id }] = (await store.create(1)) as [SessionKey];
  for (const other of ["", "../x.0", `${id}0`, id.replace(/\d+$/, "5000"), `${"0".repeat(32)}.0`, "7e0c.0"]) {
    expect(await keyIn(store, other)).toBeNull();
    await store.destroy([other]);
  }
  expect(await keyIn(store, id)).not.toBeNull();
});

test("keys of a folder that is away are not told as destroyed, and are when it is back", async () => {
  const root = tempDir();
  const [folder, away] = [join(root, "keys"), join(root, "away")];
  const [maker, store] = [opened(folder), opened(folder)];
  const [{ id }] = (await maker.create(1)) as [SessionKey];
  renameSync(folder, away);
  await expect(store.destroy([id])).rejects.toMatchObject({ code: "KEY_STORE_FAILED" });
  renameSync(away, folder);
  expect(await keyIn(store, id)).not.toBeNull();
  await store.destroy([id]);
  expect(await keyIn(store, id)).toBeNull();
});

test("after close nothing is read, and no file is left open", async () => {
  const store = new FileKeyStore(join(tempDir(), "keys"));
  const [{ id }] = (await store.create(1)) as [SessionKey];
  await store.read(id);
  await store.close();
  await store.close();
  await expect(store.read(id)).rejects.toMatchObject({ code: "LOG_CLOSED" });
});

test.each<[string, (folder: string) => void]>([
  ["removed", (folder) => rmSync(folder, { recursive: true })],
  [
    "replaced by a copy",
    (folder) => {
      renameSync(folder, `${folder}-moved`);
      cpSync(`${folder}-moved`, folder, { recursive: true });
    },
  ],
])("a folder that is %s while it is in use: keys that are given out afterwards are found by others", async (_, act) => {
  const folder = join(tempDir(), "keys");
  const store = opened(folder);
  await store.create(1);
  act(folder);
  const [{ id, key }] = (await store.create(1)) as [SessionKey];
  expect(await keyIn(opened(folder), id)).toEqual(key);
});
