import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { setMark } from "../../src/session/set-mark.js";
import { writeCollabStory } from "./collab-story.js";
import { openPage, type PageOptions, sees, waitsAt, withBrowser, writeStory } from "./page-fixture.js";
import { seriousFindings } from "./serious-findings.js";

withBrowser();

async function storyPage(options: PageOptions = {}) {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  await setMark(log, "released", { at: 4, actor: "user:ada" });
  return openPage(log, options);
}

test.each(["light", "dark"] as const)(
  "axe finds nothing serious in any pane, in %s",
  { timeout: 90_000 },
  async (colorScheme) => {
    const { page, ui } = await storyPage();
    await page.emulateMedia({ colorScheme });
    for (const search of [
      "?at=5",
      "?at=5&pane=diff&by=actor",
      "?at=5&pane=blame&session=auth&only=auth",
      "?at=5&pane=watch&session=auth&path=commitCount",
      "?at=5&pane=event&strip=growth",
      "?pane=all&strip=migrations",
      "?at=5&strip=heat",
      "?at=5&strip=heat&heat=table",
      "?at=5&strip=matrix",
      "?pane=integrity",
      "?type=nothing",
    ]) {
      await page.goto(`http://127.0.0.1:${ui.port}/${search}`);
      await page.locator(".pane-body > *").first().waitFor();
      await page.locator(".chip").first().waitFor();
      if (/heat|matrix/.test(search)) await page.locator(".picture-foot").waitFor();
      expect([search, await seriousFindings(page)]).toEqual([search, []]);
    }
    await page.keyboard.press("?");
    await sees(page, "dialog", "Keys");
    expect(await seriousFindings(page)).toEqual([]);
  },
);

test("axe finds nothing serious in what people and agents do together, opened, also on a phone", {
  timeout: 90_000,
}, async () => {
  const log = new MemoryLog();
  await writeCollabStory(log);
  for (const width of [1280, 390]) {
    const { page } = await openPage(log, { width, height: 860, search: "?at=8&pane=collab" });
    if (width < 700) await page.getByRole("button", { name: "details" }).click();
    for (const name of ["Conversation", "Memories", "Tasks", "Artifacts"]) {
      await page.getByRole("tab", { name }).click();
      await page.locator("#collab-panel > *").first().waitFor();
      for (const more of await page.locator("#collab-panel .more").all()) await more.click();
      expect([name, await seriousFindings(page)]).toEqual([name, []]);
    }
    const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    await page.getByRole("search", { name: "collaborative sessions" }).waitFor(); // beside that of events
    await page.getByRole("button", { name: "all of them" }).click();
    await sees(page, ".about", "1 collaborative session");
    expect(await seriousFindings(page)).toEqual([]);
  }
});

test("axe finds nothing serious on a phone, where one part is seen at a time", async () => {
  const { page } = await storyPage({ width: 390, height: 800 });
  await sees(page, ".event.chosen", "mark.set");
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByRole("button", { name: "details" }).click();
  await sees(page, ".panes", "State");
  expect(await seriousFindings(page)).toEqual([]);
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect(overflow).toBeLessThanOrEqual(0);
});

test.each([1280, 390])(
  "at a width of %i, a long list is scrolled by itself and makes the page no longer",
  async (width) => {
    const log = new MemoryLog();
    const store = new SessionStore(log, { actor: "user:ada" });
    for (let i = 0; i < 150; i++) await store.create({ session: `task-${i}`, branch: "b" });
    const { page } = await openPage(log, { width, height: 800 });
    await sees(page, ".event.chosen", "150");
    const below =
      "document.documentElement.scrollHeight - document.querySelector('.columns').getBoundingClientRect().bottom - scrollY";
    expect(await page.evaluate(below)).toBeLessThan(30);
    expect(await page.evaluate("document.querySelector('.events .list').scrollHeight")).toBeGreaterThan(2000);
  },
);

test("on a phone a link that names a pane begins with the pane", async () => {
  const { page } = await storyPage({ width: 390, height: 800, search: "?at=5&pane=blame&session=auth" });
  await sees(page, "table.blame", "commitCount");
  const other = await storyPage({ width: 390, height: 800, search: "?at=5" });
  await sees(other.page, ".event.chosen", "5");
});

test("with the keyboard alone: walk, choose a pane, watch a value, look closer, search, pin, help", async () => {
  const { page } = await storyPage();
  const { keyboard } = page;
  await sees(page, ".event.chosen", "mark.set");
  for (const [key, offset] of [
    ["k", 6],
    ["ArrowLeft", 5],
    ["j", 6],
    ["Home", 1],
    ["ArrowRight", 2],
    ["End", 7],
  ] as const) {
    await keyboard.press(key);
    await waitsAt(page, offset);
  }
  await keyboard.press("k");
  await waitsAt(page, 6);
  await keyboard.press("3");
  await sees(page, "table.blame", "commitCount");
  await page.locator("table.blame").getByRole("button", { name: "commitCount" }).focus();
  await keyboard.press("Enter");
  await sees(page, "table.history", "7");
  await keyboard.press("Shift+ArrowLeft");
  await waitsAt(page, 4);
  await keyboard.press("d");
  await keyboard.press("End");
  await sees(page, ".about", "v3 → v5"); // of the session, though the last event is a mark
  await keyboard.press("d");
  await keyboard.press("Home");
  await keyboard.press("j");
  await waitsAt(page, 2);
  await keyboard.press("[");
  await expect.poll(() => page.locator(".event").count()).toBe(6);
  await keyboard.press("0");
  await expect.poll(() => page.locator(".event").count()).toBe(7);
  await keyboard.press("/");
  await keyboard.type("typo");
  await keyboard.press("Enter");
  await sees(page, ".hits", "1 found");
  // Letters that are typed into a field are text.
  await keyboard.type("jjkk");
  await waitsAt(page, 2);
  await page.getByRole("slider").focus();
  await keyboard.press("ArrowRight");
  await waitsAt(page, 3);
  await keyboard.press("?");
  await sees(page, "dialog", "Keys");
  await keyboard.press("Escape");
  await expect.poll(() => page.locator("dialog").count()).toBe(0);
  await page.getByRole("tab", { name: "Diff" }).focus();
  await keyboard.press("ArrowRight");
  await sees(page, "[role=tab][aria-selected=true]", "Blame");
});

test("light and dark follow the system until somebody chooses, and the choice is kept", async () => {
  const { page } = await storyPage();
  const theme = () => page.evaluate("document.documentElement.dataset.theme");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(theme).toBe("dark");
  await page.getByRole("button", { name: "light colours" }).click();
  await expect.poll(theme).toBe("light");
  await page.reload();
  await expect.poll(theme).toBe("light");
});
