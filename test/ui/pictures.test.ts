import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import type { HeatAnswer, MatrixAnswer } from "../../src/ui-server/answers.js";
import { bundledProgram } from "../support/bundled-program.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { openPage, sees, waitsAt, withBrowser, writeStory } from "./page-fixture.js";
import { openUi } from "./ui-fixture.js";

withBrowser();

async function storyPage(search = "", options = {}) {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  return openPage(log, { search, ...options });
}

test("the heat map names what changes most; a click on a cell looks at that stretch and at the path's history", async () => {
  const { page, wrongs } = await storyPage("?strip=heat&at=1");
  await sees(page, ".heat .lane-names button", /session.*2/);
  await sees(page, ".picture-foot", "5 paths in 6 events");
  const row = page.locator(".heat .lane-names button", { hasText: "commitCount" });
  const [name, cells] = [await row.boundingBox(), await page.locator(".heat canvas").boundingBox()];
  if (name === null || cells === null) throw new Error("there is no heat map");
  const y = name.y + name.height / 2;
  await page.mouse.move(cells.x + (cells.width * 5.5) / 6, y);
  await sees(page, ".picture-foot", /commitCount · event 6 from .* · written 1×/);
  await page.mouse.click(cells.x + (cells.width * 5.5) / 6, y);
  await waitsAt(page, 6);
  await sees(page, "table.history", "7");
  await page.mouse.click(cells.x + (cells.width * 2.5) / 6, y); // event 3 does not write it
  await waitsAt(page, 6);
  await page.locator(".heat .lane-names button", { hasText: "prState.exists" }).click();
  await waitsAt(page, 5);
  await sees(page, "table.history", "false");
  await page.goBack();
  await waitsAt(page, 6);
  expect(wrongs).toEqual([]);
});

test("in a long log a cell is a stretch, and the page then shows only that", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  await store.create({ session: "a" });
  for (let i = 0; i < 400; i++) await store.update("a", { [i < 200 ? "early" : "late"]: i });
  const { page } = await openPage(log, { search: "?strip=heat&heat=table" });
  await sees(page, ".heat tr", /late.*200/);
  const stretch = page.locator(".heat tr", { hasText: "late" }).locator(".stretch").first();
  const said = (await stretch.textContent()) ?? "";
  const [from, to, events] = (said.match(/\d+/g) ?? []).map(Number) as [number, number, number];
  expect(events).toBe(to - from + 1);
  await stretch.focus();
  await page.keyboard.press("Enter");
  await sees(page, ".transport", `${from}–${to} · show all`);
  await waitsAt(page, to);
  await sees(page, "table.history", String(to - 2));
});

test("the table has what the picture has, its link keeps it, and only one session's values are counted when that is asked", async () => {
  const { page, ui } = await storyPage("?strip=heat&session=auth");
  await page.getByRole("button", { name: "as a table" }).click();
  await sees(page, ".heat tr", /commitCount\s*2\s*4\s*6/);
  await expect.poll(() => page.url()).toContain("heat=table");
  await page.reload();
  await sees(page, ".heat tr", /branch\s*2\s*1\s*3/);
  await page.getByRole("button", { name: "only auth" }).click();
  await sees(page, ".heat tr", /branch\s*1\s*1\s*1/);
  await page.goto(`http://127.0.0.1:${ui.port}/?strip=heat&onlypath=prState.*`);
  await sees(page, ".picture-foot", "1 path in 2 events");
  await page.goto(`http://127.0.0.1:${ui.port}/?strip=heat&type=nothing`);
  await sees(page, ".heat .notice", "No event in view writes a place of a record");
});

test("the matrix counts who did what; a click shows only that, in the address too", async () => {
  const { page, wrongs } = await storyPage("?strip=matrix");
  await sees(page, ".matrix tr", /claude.*2.*2/);
  await sees(page, ".picture-foot", "6 events of 3 actors and 3 types");
  await page
    .locator(".matrix")
    .getByRole("button", { name: /^2\s*: only session.updated of agent:claude$/ })
    .click();
  await sees(page, ".hidden-count", "2 shown, 4 hidden");
  await expect.poll(() => page.url()).toContain("actor=agent%3Aclaude&type=session.updated");
  await sees(page, ".picture-foot", "2 events of 1 actor and 1 type");
  await page.getByRole("button", { name: "clear filter" }).click();
  await page
    .locator(".matrix")
    .getByRole("button", { name: /agent\s+codex$/ })
    .click();
  await sees(page, ".hidden-count", "2 shown, 4 hidden");
  await page.goBack();
  await sees(page, ".picture-foot", "6 events");
  expect(wrongs).toEqual([]);
});

test("both pictures count what the command says that they have copied, for the range and the filter", async () => {
  const log = await openLog(`sqlite:${join(tempDir(), "my store.db")}`);
  cleanUp(() => log.close());
  const store = new SessionStore(log, { actor: "user:ada" });
  await writeStory(store);
  await store.update("auth", { status: "it's $HOME" }, { actor: "agent:o'neil" });
  const search = "?from=2&to=7&actor=agent:*&type=session.updated&strip=";
  const { page, ui } = await openPage(log, { search: `${search}heat` });
  const counts = async (by: "path" | "actor") => {
    await page.goto(`http://127.0.0.1:${ui.port}/${search}${by === "path" ? "heat" : "matrix"}`);
    await page.getByRole("button", { name: "copy command" }).click();
    const line = (await page.evaluate("navigator.clipboard.readText()")) as string;
    const { stdout } = spawnSync("sh", ["-c", `sessiondb() { "$NODE" "$PROGRAM" "$@"; }; ${line} --json`], {
      env: { ...process.env, NODE: process.execPath, PROGRAM: bundledProgram("cli", "dist/cli/sessiondb.js") },
      encoding: "utf8",
    });
    const { items } = JSON.parse(stdout) as { items: { key: string; events: number }[] };
    return new Map(items.map(({ key, events }) => [key, events]));
  };
  const { get } = await openUi(log);
  const asked = "from=2&to=7&actor=agent:*&type=session.updated";
  const { rows } = await get<HeatAnswer>(`/api/heat?${asked}`);
  expect(await counts("path")).toEqual(new Map(rows.map(({ path, events }) => [path, events])));
  const { actors } = await get<MatrixAnswer>(`/api/matrix?${asked}`);
  expect(await counts("actor")).toEqual(new Map(actors.map(({ value, events }) => [value, events])));
});

test("what comes is counted, what was cut back is not, and parameters that make no sense are refused", async () => {
  const log = new MemoryLog();
  const { get, store, failure } = await openUi(log);
  expect(await get<HeatAnswer>("/api/heat")).toMatchObject({ rows: [], matched: 0, offset: 0 });
  expect(await get<MatrixAnswer>("/api/matrix")).toMatchObject({ actors: [], matched: 0 });
  await writeStory(store);
  const commits = async () => {
    const { rows } = await get<HeatAnswer>("/api/heat");
    return rows.find(({ path }) => path === "/commitCount")?.events ?? 0;
  };
  expect(await commits()).toBe(2);
  await store.update("docs", { commitCount: 1 });
  expect(await commits()).toBe(3);
  await log.truncateAfter(5, await log.tail());
  await store.update("auth", { status: "x" });
  await expect.poll(commits).toBe(1);
  for (const wrong of ["heat?buckets=0", "heat?buckets=401", "heat?limit=201", "heat?from=5&to=2", "matrix?by=x"]) {
    expect([wrong, (await failure(`/api/${wrong}`)).status]).toEqual([wrong, 400]);
  }
});

test("names and paths that look like markup are text in both pictures", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log);
  const evil = `<img src=x onerror=alert(1)><script>alert(1)</script>"'\u202e`;
  await store.create({ session: evil.replaceAll("/", ""), [evil]: { [evil]: 1 } }, { actor: evil });
  await log.append({ stream: "thing", events: [{ type: evil, data: {} }] }, { actor: "javascript:alert(1)" });
  const { page, wrongs } = await openPage(log, { search: "?strip=heat&at=1" });
  await sees(page, ".heat .lane-names", "<script>");
  await page.getByRole("button", { name: "as a table" }).click();
  await sees(page, ".heat table", "<script>");
  await page.getByRole("tab", { name: "Who did what" }).click();
  await sees(page, ".matrix", "<script>");
  const foreign = "document.querySelectorAll('main script, main iframe, main img, main svg, main a').length";
  expect(await page.evaluate(foreign)).toBe(0);
  expect(await page.locator(".strip").textContent()).not.toContain("\u202e");
  expect(wrongs).toEqual([]);
});
