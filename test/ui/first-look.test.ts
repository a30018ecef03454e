import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { openPage, sees, waitsAt, withBrowser, writeStory } from "./page-fixture.js";

withBrowser();

/** A store with more sessions than lanes have room for, and more actors than a picture tells apart. */
async function crowd(actors: number): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  for (let i = 1; i <= actors; i++) await store.create({ session: `s-${i}` }, { actor: `agent:a${i}` });
  return log;
}

test("the chosen event stays in sight when a picture that comes later takes some of the list's height", async () => {
  const { page, ui } = await openPage(await crowd(45));
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route("**/api/lanes*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`http://127.0.0.1:${ui.port}/`);
  await sees(page, ".event.chosen", "s-45");
  const before = await heightOfList(page);
  letGo();
  await expect.poll(() => heightOfList(page)).toBeLessThan(before);
  await expect.poll(() => isChosenInSight(page)).toBe(true);
});

test("the list of actors can be opened and closed again; of more than a picture tells apart no number is made up", async () => {
  const { page } = await openPage(await crowd(45), { search: "?strip=matrix" });
  await sees(page, ".picture-foot", "45 events of more than 40 actors and 1 type");
  const more = page.getByRole("button", { name: "+39" });
  await more.click();
  await sees(page, ".chips", "agent:a9");
  await page.getByRole("button", { name: "fewer" }).click();
  await more.waitFor();
});

test("the buttons that step have names that can be read out", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page } = await openPage(log);
  await page.getByRole("button", { name: "event before", exact: true }).click();
  await waitsAt(page, 5);
  await page.getByRole("button", { name: "first event", exact: true }).click();
  await waitsAt(page, 1);
  await page.getByRole("button", { name: "next event", exact: true }).click();
  await waitsAt(page, 2);
});

test("a name that the log does not have is told as that; an empty one in an address is none", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page, ui } = await openPage(log, { search: "?session=nobody" });
  const open = (search: string) => page.goto(`http://127.0.0.1:${ui.port}/${search}`);
  await sees(page, ".notice", "The log has no session of this name.");
  await open("?session=docs&at=2");
  await sees(page, ".notice", "This session did not exist yet at this offset.");
  await open("?collab=nobody&pane=collab");
  await sees(page, ".notice", "The log has no collaborative session of this name.");
  await open("?session=&path=&pane=watch");
  await sees(page, ".notice", "Choose a value to watch.");
  expect(await page.locator(".failure").count()).toBe(0);
});

test("what fills an empty store can be pasted into a shell, also where its path has a space", async () => {
  const path = join(tempDir(), "my store.jsonl");
  const log = await openLog(`jsonl:${path}`);
  cleanUp(() => log.close());
  const { page } = await openPage(log);
  await sees(page, ".notice pre", `sessiondb session start my-session --store 'jsonl:${path}'`);
});

function heightOfList(page: Page): Promise<number> {
  return page.locator(".events .list").evaluate((list) => list.clientHeight);
}

function isChosenInSight(page: Page): Promise<boolean> {
  return page.locator(".events .list").evaluate((list) => {
    const [box, row] = [list, list.querySelector(".chosen")].map((element) => element?.getBoundingClientRect());
    return box !== undefined && row !== undefined && row.top >= box.top && row.bottom <= box.bottom;
  });
}
