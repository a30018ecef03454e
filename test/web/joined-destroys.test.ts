import { expect, onTestFinished, test } from "vitest";
import { MemoryKeyStore } from "../../src/keys/memory-key-store.js";
import { destroyAllSessions, expireSessions } from "../../src/web-session/ending-sessions.js";
import { JoinedDestroys, MAX_KEYS_AT_ONCE } from "../../src/web-session/joined-destroys.js";
import { openWebSessions } from "../../src/web-session/open-web-sessions.js";
import { tempDir } from "../support/temp.js";
import { sessionOf, TestClock } from "./web-stores.js";

/** Remembers what each act was to destroy; an act ends when the test says so. */
class SlowKeyStore extends MemoryKeyStore {
  readonly acts: string[][] = [];
  readonly #ends: Array<{ resolve(): void; reject(error: Error): void }> = [];

  override async destroy(ids: readonly string[]): Promise<void> {
    this.acts.push([...ids]);
    await new Promise<void>((resolve, reject) => this.#ends.push({ resolve, reject }));
  }

  end(error?: Error): void {
    const act = this.#ends.shift();
    if (error === undefined) act?.resolve();
    else act?.reject(error);
  }
}

test("keys that are to be destroyed during an act go together into the next one", async () => {
  const store = new SlowKeyStore();
  const destroys = new JoinedDestroys(store);
  const first = destroys.destroy(["a"]);
  await expect.poll(() => store.acts).toEqual([["a"]]);
  const rest = [destroys.destroy(["b"]), destroys.destroy(["c", "d"]), destroys.destroy([])];
  await rest[2]; // nothing to wait for
  store.end();
  await first;
  await expect.poll(() => store.acts).toEqual([["a"], ["b", "c", "d"]]);
  store.end();
  await Promise.all(rest);
});

test("an act that fails is told to those whose keys it had, and the next one goes on", async () => {
  const store = new SlowKeyStore();
  const destroys = new JoinedDestroys(store);
  const first = destroys.destroy(["a"]);
  const failed = expect(first).rejects.toThrow("no disk");
  await expect.poll(() => store.acts.length).toBe(1);
  const second = destroys.destroy(["b"]);
  store.end(new Error("no disk"));
  await failed;
  await expect.poll(() => store.acts).toEqual([["a"], ["b"]]);
  store.end();
  await second;
});

test("an act has a bounded number of keys", async () => {
  const store = new SlowKeyStore();
  const ids = Array.from({ length: MAX_KEYS_AT_ONCE + 1 }, (_, i) => `k${i}`);
  const all = new JoinedDestroys(store).destroy(ids);
  for (const acts of [1, 2]) {
    await expect.poll(() => store.acts.length).toBe(acts);
    store.end();
  }
  await all;
  expect(store.acts.map(({ length }) => length)).toEqual([MAX_KEYS_AT_ONCE, 1]);
  expect(store.acts.flat()).toEqual(ids);
});

class CountingKeyStore extends MemoryKeyStore {
  acts = 0;
  readonly destroyed: string[] = [];

  override async destroy(ids: readonly string[]): Promise<void> {
    this.acts++;
    this.destroyed.push(...ids);
    await super.destroy(ids);
  }
}

test("signing many out, or sweeping them, is no act of the key store for each", async () => {
  const keyStore = new CountingKeyStore();
  const clock = new TestClock();
  const store = await openWebSessions({ url: `jsonl:${tempDir()}/s.jsonl`, keyStore, now: clock.now });
  onTestFinished(() => store.close());
  const count = 300;
  const signIn = (name: string) =>
    Promise.all(Array.from({ length: count }, (_, i) => store.set(`${name}-${i}`, sessionOf({}, 60_000, clock.now()))));
  await signIn("one");
  expect(await destroyAllSessions(store)).toBe(count);
  expect(keyStore.destroyed).toHaveLength(count);
  expect(keyStore.acts).toBeLessThan(count / 10);
  await signIn("two");
  clock.pass(120);
  expect(await expireSessions(store)).toBe(count);
  expect(new Set(keyStore.destroyed).size).toBe(2 * count);
  expect(keyStore.acts).toBeLessThan((2 * count) / 10);
});
