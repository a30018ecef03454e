import { join } from "node:path";
import { expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { refreshCollab } from "../../src/inspect/collab-refresh.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import type { CollabSearchAnswer } from "../../src/ui-server/answers.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { writeCollabStory } from "./collab-story.js";
import { openPage, sees, waitsAt, withBrowser } from "./page-fixture.js";
import { seriousFindings } from "./serious-findings.js";
import { openUi } from "./ui-fixture.js";

withBrowser();

test("a word is found in conversations and memories of all sessions; a click leads to where it was said; the link keeps it", async () => {
  const log = new MemoryLog();
  const collab = await writeCollabStory(log);
  await collab.sessions.create("second");
  await collab.chunks.add("second", "c1", { content: "SQLite, too" });
  const { page, wrongs } = await openPage(log, { search: "?pane=collab&collab=" });
  const box = page.getByRole("searchbox", { name: "find a text in all collaborative sessions" });
  await box.fill("sqlite");
  await box.press("Enter");
  await sees(page, ".found", "2 places as of event 15, wherever the slider stands");
  await sees(page, ".found mark", "SQLite");
  await page.locator(".found .row", { hasText: "login/c1" }).click();
  await waitsAt(page, 2);
  await sees(page, ".talk", "shall we use SQLite?");
  await sees(page, ".found", "1 place"); // of that session
  expect(await seriousFindings(page)).toEqual([]);
  await expect.poll(() => page.url()).toContain("find=sqlite");
  await page.reload();
  await sees(page, ".found .row", "login/c1");
  await page.getByRole("button", { name: "CLI" }).click();
  const copied = (await page.evaluate("navigator.clipboard.readText()")) as string;
  expect(copied).toBe(`sessiondb collab search --session login --store ${log.url} -- sqlite`);
  await page.getByRole("button", { name: "Close" }).click();
  await expect.poll(() => page.locator(".found").count()).toBe(0);
  expect(wrongs).toEqual([]);
});

test("what was said later than the selected event says so; nothing found is said; a query of only minus words too", async () => {
  const log = new MemoryLog();
  await writeCollabStory(log);
  const { page } = await openPage(log, { search: "?pane=collab&collab=login&at=5&find=plan" });
  await sees(page, ".found .row", /plan.md.*after the selected event.*Plan two/s);
  const box = page.getByRole("searchbox", { name: "find a text in this session" });
  await box.fill("nowhere-at-all");
  await box.press("Enter");
  await sees(page, ".found", "Nothing found as of event 13");
  await box.fill("-sqlite");
  await box.press("Enter");
  await sees(page, ".found", /place|Nothing found|QUERY_INVALID/);
});

test("read models that lack events say which, are not brought up to date by the page, and are by the command", async () => {
  const log = await openLog(`sqlite:${join(tempDir(), "s.db")}`);
  cleanUp(() => log.close());
  const collab = new CollaborativeSessions(log, { actor: "user:ada" });
  await collab.sessions.create("s");
  await collab.chunks.add("s", "c1", { content: "the first storage" });
  const events = Array.from({ length: 5_000 }, (_, i) => ({ type: "tick", data: { i } }));
  await log.append({ stream: "other", events }, { actor: "user:ada" });
  const before = await log.readModels?.list();
  const { page } = await openPage(log, { search: "?pane=collab&collab=s&find=storage" });
  await sees(page, ".found", "conversations, memories, artifacts could not be searched");
  await sees(page, ".found", "sessiondb collab refresh");
  expect(await log.readModels?.list()).toEqual(before);
  await refreshCollab(log);
  await collab.chunks.add("s", "c2", { content: "the second storage" });
  await sees(page, ".found", "1 place as of event 5,002");
  await sees(page, ".found", "the read models lack the last 1 event");
  await refreshCollab(log);
  await page.reload();
  await sees(page, ".found", "2 places as of event 5,003");
});

test("parameters that make no sense are refused, and texts that look like markup are text", async () => {
  const log = new MemoryLog();
  const collab = await writeCollabStory(log);
  const evil = "<img src=x onerror=alert(1)><script>alert(1)</script> needle \u202e";
  await collab.chunks.add("login", "<svg onload=alert(1)>", { content: evil, format: "summary" }, { actor: evil });
  const { get, failure } = await openUi(log);
  expect((await get<CollabSearchAnswer>("/api/collab-search?text=needle")).hits).toHaveLength(1);
  expect(await failure("/api/collab-search")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
  expect(await failure("/api/collab-search?text=")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
  expect(await failure("/api/collab-search?text=a&kind=task")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
  expect(await failure("/api/collab-search?text=a&limit=101")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
  expect(await failure("/api/collab-search?text=a&session=nobody")).toMatchObject({ status: 404 });
  const { page, wrongs } = await openPage(log, { search: `?pane=collab&find=${encodeURIComponent("needle")}` });
  await sees(page, ".found", "<script>alert(1)</script> needle");
  expect(await page.locator(".found").textContent()).not.toContain("\u202e");
  expect(await page.evaluate("document.querySelectorAll('main script, main img, main svg').length")).toBe(0);
  expect(wrongs).toEqual([]);
});
