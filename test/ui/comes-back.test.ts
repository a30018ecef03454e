import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { UiServer } from "../../src/ui-server/ui-server.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { type OpenPage, openPage, sees, withBrowser, writeStory } from "./page-fixture.js";
import { pageFolder } from "./ui-fixture.js";

withBrowser();

test("a page whose server was started again says so, and goes on once the new link was opened beside it", async () => {
  const opened = await openPage(await storyLog());
  const { page, store, log } = opened;
  await sees(page, ".tree", "commitCount");
  const link = await startedAgain(opened, log);
  await sees(page, ".banner", "The server of this page was started again");
  await sees(page, ".banner", "open the link");
  await sees(page, ".tree", "commitCount");
  await (await page.context().newPage()).goto(link);
  await expect.poll(() => page.locator(".banner").count(), { timeout: 20_000 }).toBe(0);
  await store.update("auth", { status: "GOES_ON" });
  await sees(page, ".tree", "GOES_ON");
});

test("a page whose server was started again over another history shows nothing of the one before", async () => {
  const opened = await openPage(await storyLog(), { search: "?at=2&session=auth" });
  const { page } = opened;
  await sees(page, ".tree", "PR_OPEN");
  const other = new MemoryLog();
  const store = new SessionStore(other, { actor: "user:ada" });
  await store.create({ session: "auth", branch: "of-the-other" });
  await store.create({ session: "docs" });
  const link = await startedAgain(opened, other);
  await (await page.context().newPage()).goto(link);
  await sees(page, ".tree", "of-the-other");
});

test("since when it is not live is counted on while the server stays away", async () => {
  const { page, ui } = await openPage(await storyLog());
  await sees(page, ".tree", "commitCount");
  await page.clock.install();
  await ui.close();
  await sees(page, ".connection", "not live since");
  await page.clock.fastForward("05:00");
  await sees(page, ".connection", "not live since 5 min ago");
});

test("what could not be answered while the store was away is asked again when it is back", async () => {
  const path = join(tempDir(), "s.jsonl");
  const log = await openLog(`jsonl:${path}`);
  cleanUp(() => log.close());
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page } = await openPage(log);
  await sees(page, ".tree", "commitCount");
  renameSync(path, `${path}.away`);
  await sees(page, ".banner", "The store cannot be read since");
  await page.keyboard.press("k");
  await sees(page, ".panes .failure", "LOG_REPLACED");
  renameSync(`${path}.away`, path);
  await sees(page, ".tree", "commitCount");
  await sees(page, ".readout", "codex");
  expect(await page.locator(".failure").count()).toBe(0);
});

test("a log that a cut-over froze says where it goes on, until it is thawed", async () => {
  const log = await openLog(`sqlite:${join(tempDir(), "s.db")}`);
  cleanUp(() => log.close());
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page } = await openPage(log);
  await sees(page, ".connection", "live");
  await log.freeze?.("jsonl:/elsewhere.jsonl");
  await sees(page, ".banner", "This log is frozen: it goes on at jsonl:/elsewhere.jsonl.");
  await sees(page, ".connection", "frozen");
  await log.thaw?.();
  await expect.poll(() => page.locator(".banner").count(), { timeout: 20_000 }).toBe(0);
  await sees(page, ".connection", "live");
});

async function storyLog(): Promise<EventLog> {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  return log;
}

/** Ends the server of the page, and starts one of a log at the same port. @returns its link, which nobody has opened */
async function startedAgain({ page, ui }: OpenPage, log: EventLog): Promise<string> {
  await ui.close();
  await sees(page, ".banner", "The server of this page does not answer");
  const again = await UiServer.start({ log, port: ui.port, pageFolder: pageFolder(), version: "0.0.0" });
  cleanUp(() => again.close());
  return again.link;
}
