import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { writeCollabStory } from "./collab-story.js";
import { openPage, sees, waitsAt, withBrowser } from "./page-fixture.js";

withBrowser();

async function collabPage(search = "") {
  const log = new MemoryLog();
  const collab = await writeCollabStory(log);
  return { ...(await openPage(log, { search })), collab };
}

test("walking back goes through the task board: who held what, and how often it was tried", async () => {
  const { page, wrongs } = await collabPage("?pane=collab&part=tasks&at=10");
  await sees(page, ".board section[aria-label=completed] li", "review");
  await page.keyboard.press("k");
  await waitsAt(page, 9);
  await sees(page, ".board section[aria-label=running] li", /review.*attempt 1 of 3.*held by.*claude.*lease until/s);
  await page.goto(page.url().replace("at=9", "at=6"));
  await sees(page, ".board section[aria-label=claimed] li", "review");
  await sees(page, ".board section[aria-label=pending] li", "docs");
  await page.locator(".board").getByRole("button", { name: "2 events" }).click();
  await sees(page, ".changes-of", "task.claimed");
  await page.goto(page.url().replace("at=6", "at=3"));
  await sees(page, ".collab", "No task by then");
  expect(wrongs).toEqual([]);
});

test("a memory shows its value of then, and its earlier ones only when they are opened", async () => {
  const { page } = await collabPage("?pane=collab&part=memories&at=13");
  await sees(page, ".memories", '{"use":"Postgres"}');
  await page.getByRole("button", { name: "1 earlier value" }).click();
  await sees(page, ".changes-of", /two machines.*use SQLite/s);
  await page.locator(".changes-of").getByRole("button", { name: "3", exact: true }).click();
  await waitsAt(page, 3);
  await sees(page, ".memories li.changed", "use SQLite");
  expect(await page.locator(".memories").textContent()).not.toContain("Postgres");
});

test("a conversation shows beginnings, and fetches a whole text when it is asked for", async () => {
  const { page } = await collabPage("?pane=collab&collab=login&at=13");
  await sees(page, ".talk", "claude: done");
  const texts = page.locator(".talk li");
  expect(await texts.first().textContent()).not.toContain("the end");
  await texts
    .first()
    .getByRole("button", { name: /characters/ })
    .click();
  await sees(page, ".talk li", "the end");
});

test("an artifact shows its version of then, and the versions before", async () => {
  const { page } = await collabPage("?pane=collab&part=artifacts&at=13");
  await sees(page, ".memories", /docs\/plan\.md.*v2.*# Plan two/s);
  await page.getByRole("button", { name: "2 versions" }).click();
  await sees(page, ".changes-of", "# Plan one");
  await page.goto(page.url().replace("at=13", "at=9"));
  await sees(page, ".memories", "# Plan one");
});

test("an event of a collaborative session leads to it, all of them are listed, and one is chosen by a link", async () => {
  const { page, collab } = await collabPage("?at=2");
  await page.getByRole("button", { name: "see login at this offset" }).click();
  await sees(page, ".about", "A new login");
  await collab.sessions.create("second", { title: "Another one" });
  await page.keyboard.press("End");
  await sees(page, ".about", "second");
  await page.getByRole("button", { name: "all of them" }).click();
  await sees(page, ".about", "2 collaborative sessions");
  await page.locator(".memories").getByRole("button", { name: "login" }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("collab")).toBe("login");
  await page.reload();
  await sees(page, ".about", "A new login");
});

test("what stands in ids, titles, texts, tags and names is text, also where it looks like markup", async () => {
  const log = new MemoryLog();
  const collab = await writeCollabStory(log);
  const evil = `<img src=x onerror=alert(1)><script>alert(1)</script>"'\u202e`;
  const id = `<svg onload=alert(1)> \u202e`.replaceAll("/", "");
  const note = { actor: evil, reason: evil };
  await collab.sessions.create(id, { title: evil, participants: [evil, "javascript:alert(1)"] }, note);
  await collab.chunks.add(id, id, { content: evil.repeat(50), participants: [evil] }, note);
  await collab.memories.set(id, id, { type: "fact", content: { [evil]: evil }, tags: [evil] }, note);
  await collab.memories.set(id, id, { type: "fact", content: evil, tags: [evil] }, note);
  await collab.tasks.create(id, { taskId: id, agentName: id, taskType: evil }, note);
  await collab.tasks.claim(id, evil, { processId: evil });
  await collab.artifacts.save(id, id, { content: evil, name: evil, type: evil, format: evil }, note);
  const { page, wrongs } = await openPage(log, { search: "?pane=collab" });
  for (const [tab, list] of [
    ["Conversation", ".talk"],
    ["Memories", ".memories"],
    ["Tasks", ".board"],
    ["Artifacts", ".memories"],
  ] as const) {
    await page.getByRole("tab", { name: tab }).click();
    await sees(page, `${list} li`, tab === "Tasks" ? "svg onload" : "<script>");
    for (const more of await page.locator(`${list} li .more`).all()) await more.click();
  }
  const foreign = "document.querySelectorAll('main script, main iframe, main img, main svg, main a').length";
  expect(await page.evaluate(foreign)).toBe(0);
  expect(await page.locator(".pane-body").textContent()).not.toContain("\u202e");
  expect(wrongs).toEqual([]);
});
