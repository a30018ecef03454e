import { join } from "node:path";
import { expect, test } from "vitest";
import { CollaborativeSessions, createSessionProvider, openLog, openStore, SessionStore } from "../../src/index.js";
import { tempDir } from "../support/temp.js";

/** As a caller whom no compiler checks. */
const unchecked = (value: unknown) => value as never;
const MESSAGE = { name: "TypeError", message: expect.stringContaining("was meant?") };

test("an option that is not known is refused where it is given, and the one that was meant is named", async () => {
  const url = `jsonl:${join(tempDir(), "s.jsonl")}`;
  await expect(openLog(url, unchecked({ readonly: true }))).rejects.toMatchObject(MESSAGE);
  await expect(openStore(url, unchecked({ mustExists: true }))).rejects.toMatchObject(MESSAGE);
  expect(() => createSessionProvider(unchecked({ workDir: "." }))).toThrow(/workdir was meant/);
  const log = await openLog("memory:");
  expect(() => new SessionStore(log, unchecked({ actr: "a" }))).toThrow(/actor was meant/);
  expect(() => new CollaborativeSessions(log, unchecked({ actr: "a" }))).toThrow(/actor was meant/);
});

test("a misspelt expected version writes nothing", async () => {
  const store = new SessionStore(await openLog("memory:"));
  await store.create({ session: "a", repoName: "r" });
  const misspelt = unchecked({ expectedVerion: 7 });
  await expect(store.update("a", { branch: "b" }, misspelt)).rejects.toMatchObject(MESSAGE);
  await expect(store.delete("a", misspelt)).rejects.toMatchObject(MESSAGE);
  const part = unchecked({ stream: "x-1", expectedVerion: 7, events: [{ type: "x.y", data: {} }] });
  await expect(store.log.append(part, { actor: "a" })).rejects.toThrow(TypeError);
  await expect(store.log.append([], unchecked({ actr: "a" }))).rejects.toThrow(/there is no "actr"/);
  expect((await store.log.tail()).offset).toBe(1);
});

test.each([null, "sqlite:./s.db", [1]])("options that are %j are told as that", async (options) => {
  const url = `jsonl:${join(tempDir(), "s.jsonl")}`;
  const message = /options of \w+ are an object, not/;
  await expect(openLog(url, unchecked(options))).rejects.toThrow(message);
  await expect(openStore(url, unchecked(options))).rejects.toThrow(message);
  expect(() => createSessionProvider(unchecked(options))).toThrow(message);
});
