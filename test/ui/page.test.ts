import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { setMark } from "../../src/session/set-mark.js";
import { connected } from "../mcp/connected.js";
import { bundledProgram } from "../support/bundled-program.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { offsetOf, openPage, sees, waitsAt, withBrowser, writeStory } from "./page-fixture.js";

withBrowser();

async function storyPage(search = "", options = {}) {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  return openPage(log, { search, ...options });
}

test("it opens at the end, says that it is read-only, and shows the last event's session", async () => {
  const { page, wrongs } = await storyPage();
  await sees(page, ".standing", "Viewing the present, read-only");
  await sees(page, ".tree", "commitCount");
  await sees(page, ".event.chosen", "typo");
  expect(await offsetOf(page)).toBe(6);
  expect(page.url()).not.toContain("token");
  expect(wrongs).toEqual([]);
});

test("dragging the slider goes through the states, and says that this is the past", async () => {
  const { page } = await storyPage();
  const box = await page.locator(".track").boundingBox();
  if (box === null) throw new Error("there is no slider");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width - 4, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 8 });
  await page.mouse.move(box.x + box.width * 0.2, y, { steps: 8 });
  await page.mouse.up();
  await waitsAt(page, 2);
  await sees(page, ".standing", "Viewing the past, read-only");
  await sees(page, ".about", "v2 after event 2");
  await sees(page, ".tree", "PR_OPEN");
  expect(await page.locator(".tree").textContent()).not.toContain("commitCount");
  await expect.poll(() => new URL(page.url()).searchParams.get("at")).toBe("2");
});

test("a click on an event chooses it and its session; the changed value is lit up", async () => {
  const { page } = await storyPage();
  await page.locator(".event", { hasText: "PR state synced" }).click();
  await sees(page, ".tree li.changed", "exists");
  expect(await page.locator(".tree li.changed").count()).toBe(1);
  await page.locator(".event", { hasText: "docs" }).click();
  await sees(page, ".about", "docs v1 after event 3");
});

test("the diff tells the step, and between two pinned points who did it", async () => {
  const { page } = await storyPage("?at=5");
  await page.getByRole("tab", { name: "Diff" }).click();
  await sees(page, ".changes", "prState.exists");
  expect(await page.locator(".changes li").count()).toBe(1);
  await page.getByRole("button", { name: /Pin 5 as base/ }).click();
  await page.keyboard.press("Home");
  await sees(page, ".about", "v4 → v1");
  await page.getByRole("button", { name: "swap" }).click();
  await sees(page, ".about", "v1 → v4");
  await sees(page, ".changes li", /status.*claude.*2/s);
  expect(await page.locator(".changes li").count()).toBe(3);
});

test("blame names who set each value; the path is watched, with its changes and the one that broke it", async () => {
  const { page } = await storyPage("?session=auth&pane=blame");
  const row = page.locator("table.blame tr", { hasText: "prState.exists" });
  expect(await row.textContent()).toMatch(/false.*codex.*5.*true.*1/s);
  await row.getByRole("button", { name: "prState.exists" }).click();
  await sees(page, "table.history", "false");
  expect(await page.locator("table.history tbody tr").count()).toBe(2);
  await page.getByRole("button", { name: "◀ change" }).click();
  await waitsAt(page, 5);
  await page.locator(".bisect summary").click();
  await page.locator(".bisect select").selectOption("equals");
  await page.getByLabel("value when good").fill("true");
  await page.locator(".bisect").getByRole("button", { name: "Bisect" }).click();
  await sees(page, ".suspect", "event 5");
});

test("chips filter all panes, say how much they hide, and steps go only to what is shown", async () => {
  const { page } = await storyPage();
  await page.getByRole("button", { name: "only agent:claude" }).click();
  await sees(page, ".hidden-count", "2 shown, 4 hidden");
  await expect.poll(() => page.locator(".event").count()).toBe(2);
  await page.keyboard.press("k");
  await waitsAt(page, 4);
  await page.keyboard.press("k");
  await waitsAt(page, 2);
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  await waitsAt(page, 4);
  await page.getByRole("button", { name: "clear filter" }).click();
  await expect.poll(() => page.locator(".event").count()).toBe(6);
});

test("a filter that hides everything says so and can be cleared", async () => {
  const { page } = await storyPage("?type=nothing.like-this");
  await sees(page, ".notice", "The filter hides every event");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await expect.poll(() => page.locator(".event").count()).toBe(6);
});

test("dragging over the bars looks closer; everything is limited to that range until all is shown again", async () => {
  const { page } = await storyPage();
  const box = await page.locator(".density canvas").boundingBox();
  if (box === null) throw new Error("there are no bars");
  await page.mouse.move(box.x + box.width * 0.18, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.65, box.y + 30, { steps: 6 });
  await page.mouse.up();
  await expect.poll(() => page.locator(".event").count()).toBe(3);
  await page.getByRole("button", { name: /2–4 · show all/ }).click();
  await expect.poll(() => page.locator(".event").count()).toBe(6);
});

test("an append arrives while it follows the end; in the past it is only announced", async () => {
  const { page, store } = await storyPage();
  await sees(page, ".event.chosen", "typo");
  await store.update("auth", { status: "MERGED" }, { actor: "user:ada", reason: "all green" });
  await sees(page, ".event.chosen", "all green");
  await sees(page, ".tree", "MERGED");
  await page.keyboard.press("Home");
  await waitsAt(page, 1);
  await store.update("auth", { status: "CLOSED" }, { reason: "done" });
  await sees(page, ".pill", "+7 newer");
  expect(await offsetOf(page)).toBe(1);
  await page.getByRole("button", { name: "+7 newer" }).click();
  await sees(page, ".tree", "CLOSED");
});

test("the same link shows the same view after a reload, and the back button takes back looking", async () => {
  const { page } = await storyPage();
  await page.getByRole("button", { name: "only agent:claude" }).click();
  await page.getByRole("tab", { name: "Blame" }).click();
  await page.keyboard.press("k");
  await waitsAt(page, 4);
  await expect.poll(() => page.url()).toContain("at=4");
  const before = new URL(page.url());
  expect(before.searchParams.get("store")).toMatch(/^memory:/);
  await page.reload();
  await sees(page, "table.blame", "commitCount");
  expect(await offsetOf(page)).toBe(4);
  await sees(page, ".hidden-count", "2 shown");
  await page.goBack();
  await waitsAt(page, 6);
});

test("a link about another store says so", async () => {
  const { page } = await storyPage("?store=sqlite:/elsewhere.db&at=2");
  await sees(page, ".banner", "This link is about another store");
});

test("a link about an event that the log does not have says so, until there is one", async () => {
  const { page, store } = await storyPage("?at=7");
  await sees(page, ".banner", "This link is about event 7, which the log does not have");
  await sees(page, ".banner", "its last one, 6");
  await store.create({ session: "another" });
  await page.locator(".banner").waitFor({ state: "detached" });
  expect(await offsetOf(page)).toBe(7);
});

test("the view is copied as JSON, as a command, as an MCP call and as a link", async () => {
  const { page, log } = await storyPage("?session=auth&at=4&pane=diff&base=1");
  await sees(page, ".changes", "commitCount");
  const copied = async (name: string) => {
    await page.locator(".copies").getByRole("button", { name }).click();
    return (await page.evaluate("navigator.clipboard.readText()")) as string;
  };
  expect(await copied("CLI")).toBe(`sessiondb session diff auth 1..4 --store ${log.url}`);
  expect(JSON.parse(await copied("MCP"))).toEqual({
    name: "diff_session",
    arguments: { session: "auth", from: "1", to: "4" },
  });
  expect(JSON.parse(await copied("JSON"))).toMatchObject({ schema: "ui-diff/1", session: "auth" });
  expect(await copied("Link")).toContain("at=4");
});

test("a search finds a text in the data and goes there; a point goes to its place", async () => {
  const { page, log } = await storyPage();
  await setMark(log, "before-typo", { at: 5, actor: "user:ada" });
  const box = page.getByRole("searchbox", { name: /find text in events/ });
  await box.fill("state synced");
  await box.press("Enter");
  await sees(page, ".hits", "1 found");
  await page.locator(".hits .row").click();
  await waitsAt(page, 5);
  await box.fill("v2");
  await box.press("Enter");
  await waitsAt(page, 2);
  await box.fill("mark:before-typo");
  await box.press("Enter");
  await waitsAt(page, 5);
  await page.getByRole("button", { name: /before-typo/ }).waitFor();
  await box.fill("mark:nowhere");
  await box.press("Enter");
  await sees(page, ".notice.failure", "MARK_NOT_FOUND");
});

test("a point is read in the session of the selected event, also while its step is on its way", async () => {
  const { page } = await storyPage("?at=3");
  await sees(page, ".event.chosen", "docs");
  let release = () => {};
  const asked = new Promise<void>((done) => {
    release = done;
  });
  let times = 0;
  await page.route(/\/api\/step\?at=5/, async (route) => {
    times += 1;
    if (times > 1) release();
    await asked;
    await route.continue();
  });
  await page.locator(".event", { hasText: "PR state synced" }).click();
  await waitsAt(page, 5);
  const box = page.getByRole("searchbox", { name: /find text in events/ });
  await box.fill("v2");
  await box.press("Enter");
  await waitsAt(page, 2);
});

test("an event shows its hash and that it is verified; lanes, sizes and migrations are there", async () => {
  const { page, log } = await storyPage("?at=6&pane=event");
  await sees(page, ".seal.ok", "verified");
  await sees(page, ".inspector", (await log.tail()).hash);
  await sees(page, ".lane-names", "auth");
  await page.getByRole("tab", { name: "Growth" }).click();
  await sees(page, ".growth table", "updated");
  await page.locator(".growth canvas").waitFor();
  await page.getByRole("tab", { name: "Migrations" }).click();
  await sees(page, ".notice", "No migration came into this store");
});

test("playing goes to the end and stops there", async () => {
  const { page } = await storyPage("?at=1");
  await sees(page, ".event.chosen", "auth");
  await page.getByRole("button", { name: "▷ 10×" }).click();
  await waitsAt(page, 6);
  await page.getByRole("button", { name: "▷ 10×" }).waitFor();
});

test("all sessions of an offset are one table, and one of them is chosen from it", async () => {
  const { page } = await storyPage("?at=2&pane=all");
  await sees(page, ".about", "1 session after event 2");
  await page.keyboard.press("j");
  await sees(page, ".about", "2 sessions after event 3");
  await page.locator(".panes").getByRole("button", { name: "auth" }).click();
  await sees(page, ".tree", "PR_OPEN");
});

test("without --allow-write nothing can be reverted; with it, after a confirmation that shows the diff", async () => {
  const reading = await storyPage("?at=5&pane=event");
  await sees(reading.page, ".inspector", "Pin as base");
  expect(await reading.page.getByRole("button", { name: /Revert/ }).count()).toBe(0);

  const log = new MemoryLog();
  const writer = new SessionStore(log, { actor: "user:ada" });
  await writeStory(writer);
  const { page } = await openPage(log, { writer, search: "?at=5&pane=event" });
  await page.getByRole("button", { name: "Revert this event…" }).click();
  await sees(page, "dialog .changes", "prState.exists");
  expect((await log.tail()).offset).toBe(6);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Revert this event…" }).click();
  await page.locator("dialog").getByLabel("Why").fill("wrongly synced");
  await page.getByRole("button", { name: "Write the revert" }).click();
  await sees(page, ".event.chosen", "wrongly synced");
  expect((await writer.get("auth")).record.prState).toEqual({ exists: true });
});

test("a revert that was confirmed on an older version of the session writes nothing and says so", async () => {
  const log = new MemoryLog();
  const writer = new SessionStore(log, { actor: "user:ada" });
  await writeStory(writer);
  const { page } = await openPage(log, { writer, search: "?at=5&pane=event" });
  await page.getByRole("button", { name: "Revert this event…" }).click();
  await sees(page, "dialog .changes", "prState.exists");
  await writer.update("auth", { status: "CHANGED_MEANWHILE" });
  await page.getByRole("button", { name: "Write the revert" }).click();
  await sees(page, "dialog .notice", "VERSION_CONFLICT");
  expect((await log.tail()).offset).toBe(7);
});

test("every copied command runs as it is pasted into a shell, and every copied call is one that the tools take", async () => {
  const folder = tempDir();
  const log = await openLog(`sqlite:${join(folder, "my store.db")}`);
  cleanUp(() => log.close());
  const session = `it's a "test" of $HOME \`x\` & co`;
  const store = new SessionStore(log, { actor: "user:ada" });
  await store.create({ session, branch: "main", "a.b": { "c/d": 1 } });
  await store.update(session, { branch: "other" });
  await new CollaborativeSessions(log, { actor: "user:ada" }).sessions.create(`two of "us" & $HOME`);
  const agent = await connected(log.url);
  const { page } = await openPage(log, { search: `?session=${encodeURIComponent(session)}&at=2` });
  const copied = async (name: string) => {
    await page.locator(".copies").getByRole("button", { name }).click();
    return (await page.evaluate("navigator.clipboard.readText()")) as string;
  };
  for (const key of ["1", "2", "3", "4", "5", "6", "8", "7", "Conversation", "Memories", "Tasks", "Artifacts"]) {
    if (key === "4") {
      await page.keyboard.press("1");
      await page.locator(".tree").getByRole("button", { name: "c/d" }).click();
    }
    if (/^\d$/.test(key)) await page.keyboard.press(key);
    else await page.getByRole("tab", { name: key }).click();
    if (key === "7") {
      await page.keyboard.press("j");
      await sees(page, ".collab", "No part of a conversation");
    }
    const [line, call] = [await copied("CLI"), JSON.parse(await copied("MCP"))];
    const { status, stderr } = spawnSync("sh", ["-c", `sessiondb() { "$NODE" "$PROGRAM" "$@"; }; ${line}`], {
      env: { ...process.env, NODE: process.execPath, PROGRAM: bundledProgram("cli", "dist/cli/sessiondb.js") },
      encoding: "utf8",
    });
    expect([line, status, stderr.includes("error")]).toEqual([line, 0, false]);
    const { isError, text } = await agent.call(call.name, call.arguments);
    expect([call, isError ? text : ""]).toEqual([call, ""]);
  }
});
