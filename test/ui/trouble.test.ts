import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { openPage, sees, waitsAt, withBrowser, writeStory } from "./page-fixture.js";

withBrowser();

test("an empty store says so, with the commands that fill it, and shows its first event when it comes", async () => {
  const { page, store, wrongs } = await openPage();
  await sees(page, ".notice", "This store is empty");
  await sees(page, ".notice pre", "sessiondb session start my-session");
  await sees(page, ".standing", "read-only");
  await store.create({ session: "first" });
  await sees(page, ".event.chosen", "first");
  await sees(page, ".tree", "first");
  expect(wrongs).toEqual([]);
});

test("a store of one event can be walked to before it, where nothing has happened", async () => {
  const log = new MemoryLog();
  await new SessionStore(log, { actor: "user:ada" }).create({ session: "only" });
  const { page, wrongs } = await openPage(log, { search: "?at=0" });
  await sees(page, ".notice", "Nothing has happened yet at offset 0");
  await page.keyboard.press("j");
  await sees(page, ".tree", "only");
  expect(wrongs).toEqual([]);
});

test("a store that goes away leaves what was seen, says since when and what to do; it comes back by itself", async () => {
  const folder = tempDir();
  const path = join(folder, "s.jsonl");
  const log = await openLog(`jsonl:${path}`);
  cleanUp(() => log.close());
  const store = new SessionStore(log, { actor: "user:ada" });
  await writeStory(store);
  const { page } = await openPage(log);
  await sees(page, ".event.chosen", "typo");
  renameSync(path, `${path}.away`);
  await sees(page, ".banner", "The store cannot be read since");
  await sees(page, ".banner", "What to do");
  await sees(page, ".event.chosen", "typo");
  renameSync(`${path}.away`, path);
  await expect.poll(() => page.locator(".banner").count(), { timeout: 20_000 }).toBe(0);
  await store.update("auth", { status: "BACK" });
  await sees(page, ".tree", "BACK");
});

test("a server that ended is told, and what was seen stays", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page, ui } = await openPage(log);
  await sees(page, ".tree", "commitCount");
  await ui.close();
  await sees(page, ".banner", "The server of this page does not answer");
  await sees(page, ".tree", "commitCount");
  await sees(page, ".standing", "Viewing what was known last");
});

test("what is printed is dark on light, also of a dark page", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page } = await openPage(log);
  await sees(page, ".tree", "commitCount");
  const ink = () => page.evaluate("getComputedStyle(document.body).color");
  await page.emulateMedia({ colorScheme: "light", media: "screen" });
  await expect.poll(() => page.evaluate("document.documentElement.dataset.theme")).not.toBe("dark");
  const light = await ink();
  await page.emulateMedia({ colorScheme: "dark", media: "screen" });
  await expect.poll(ink).not.toBe(light);
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  await expect.poll(ink).toBe(light);
});

test("while the server is slow, each step that is asked for counts", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page, wrongs } = await openPage(log, { search: "?at=1" });
  await sees(page, ".event.chosen", "auth");
  const held: (() => void)[] = [];
  let isHeld = true;
  await page.route("**/api/**", async (route) => {
    if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
    await route.continue().catch(() => undefined); // of what the page has given up meanwhile
  });
  for (const key of ["j", "j", "ArrowRight", "k"]) await page.keyboard.press(key);
  await waitsAt(page, 3);
  isHeld = false;
  for (const go of held) go();
  await sees(page, ".event.chosen", "docs");
  expect(wrongs).toEqual([]);
});

test("steps that a server which is gone cannot tell are no errors of the page", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page, ui, wrongs } = await openPage(log, { search: "?at=4&session=auth&path=commitCount&actor=agent:*" });
  await sees(page, ".event.chosen", "auth");
  await ui.close();
  await sees(page, ".banner", "The server of this page does not answer");
  for (const key of ["j", "k", "Shift+ArrowLeft", "Space"]) await page.keyboard.press(key);
  await expect.poll(() => page.locator("[aria-label=play] [aria-pressed=true]").count(), { timeout: 15_000 }).toBe(0);
  expect(wrongs).toEqual([]);
});

test("an event of a newer schema is shown as one that this program does not know, with what to do", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  await store.create({ session: "a", branch: "main" });
  const newer = { type: "session.updated", data: { patch: [{ op: "future" }] }, meta: { schema: 99 } };
  await log.append({ stream: "session-a", events: [newer] }, { actor: "user:bo" });
  const { page, wrongs } = await openPage(log);
  await sees(page, ".notice.failure", "1 of its events could not be applied");
  await sees(page, ".notice.failure", "open the store with a newer sessiondb");
  await sees(page, ".tree", "main");
  expect(wrongs).toEqual([]);
});

test("a log that was cut back while somebody looked shows the new history", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  await writeStory(store);
  const { page } = await openPage(log, { search: "?at=5" });
  await sees(page, ".event.chosen", "synced");
  await log.truncateAfter(2, await log.tail());
  await store.create({ session: "after-the-cut" });
  await sees(page, ".event.chosen", "after-the-cut");
  await expect.poll(() => page.locator(".event").count()).toBe(3);
});

test("thousands of appends while somebody follows leave the page as small as before", { timeout: 60_000 }, async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  await writeStory(store);
  const { page, wrongs } = await openPage(log);
  await sees(page, ".event.chosen", "typo");
  for (let batch = 0; batch < 20; batch++) {
    const events = Array.from({ length: 500 }, (_, i) => ({ type: `kind.${(batch + i) % 40}`, data: { i } }));
    await log.append({ stream: `thing-${batch}`, events }, { actor: `agent:${batch}` });
    await sees(page, ".connection", (6 + (batch + 1) * 500).toLocaleString("en"));
  }
  await sees(page, ".event.chosen", "10006");
  const [rows, elements] = (await page.evaluate(
    "[document.querySelectorAll('.event').length, document.querySelectorAll('*').length]",
  )) as [number, number];
  expect(rows).toBeLessThanOrEqual(241);
  expect(elements).toBeLessThan(6_000);
  expect(wrongs).toEqual([]);
});

test("while a long log is read every pane says how far it is instead of nothing, then that its answer is computed", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page, ui, wrongs } = await openPage(log);
  await sees(page, ".tree", "commitCount");
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  // As a slow disk has it: the server has read two of six events, and answers nothing about streams yet.
  await page.route("**/api/hello", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), indexed: 2 } });
  });
  await page.route("**/api/live*", (route) => route.abort());
  await page.route(/api\/(step|state|events)/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`http://127.0.0.1:${ui.port}/?session=auth`);
  await sees(page, ".panes [role=status]", "Reading the log: 2 of 6 events. This comes when it has been read.");
  await sees(page, ".events [role=status]", "Reading the log: 2 of 6 events");
  await page.unroute("**/api/live*");
  await sees(page, ".panes [role=status]", "The answer is being computed");
  letGo();
  await sees(page, ".tree", "commitCount");
  expect(wrongs).toEqual([]);
});
