import { join } from "node:path";
import { expect, test } from "vitest";
import { eventMatcher } from "../../src/inspect/event-filter.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { eventsOf } from "../../src/log/paging.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import type {
  DensityAnswer,
  EventsAnswer,
  FacetsAnswer,
  LanesAnswer,
  SearchAnswer,
  SessionsAnswer,
} from "../../src/ui-server/answers.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { openPage, sees, waitsAt, withBrowser, writeStory } from "./page-fixture.js";
import { writeSampleStore } from "./sample-store.js";
import { openUi } from "./ui-fixture.js";

withBrowser();

test("every list and picture has exactly the events that write such a place, also with other conditions", async () => {
  const path = join(tempDir(), "s.db");
  await writeSampleStore(path, 120);
  const log = await openLog(`sqlite:${path}`);
  cleanUp(() => log.close());
  const { get } = await openUi(log);
  for (const filter of [
    { paths: ["prState.exists"] },
    { paths: ["/commitCount", "status"], actors: ["agent:*"] },
    { paths: ["prState.*"], sessions: ["auth-refactor"] },
    { paths: ["nowhere.at.all"] },
  ] as { paths: string[]; actors?: string[]; sessions?: string[] }[]) {
    const matches = eventMatcher(filter);
    const expected: number[] = [];
    for await (const event of eventsOf(log.readAll())) if (matches(event) !== undefined) expected.push(event.offset);
    const query = [
      ...filter.paths.map((one) => ["path", one]),
      ...(filter.actors ?? []).map((one) => ["actor", one]),
      ...(filter.sessions ?? []).map((one) => ["only", one]),
    ];
    const asked = new URLSearchParams(query as [string, string][]).toString();
    const { rows } = await get<EventsAnswer>(`/api/events?${asked}&before=300`);
    expect([filter, rows.map(({ offset }) => offset)]).toEqual([filter, expected]);
    const counts = [
      (await get<DensityAnswer>(`/api/density?${asked}`)).matched,
      (await get<FacetsAnswer>(`/api/facets?${asked}`)).matched,
      (await get<LanesAnswer>(`/api/lanes?${asked}`)).lanes.reduce((sum, { events }) => sum + events, 0),
    ];
    expect(counts).toEqual([expected.length, expected.length, expected.length]);
    const { total } = await get<SessionsAnswer>(`/api/sessions?${asked}`);
    expect(total).toBe(new Set(rows.map(({ session }) => session)).size);
    const hits = (await get<SearchAnswer>(`/api/search?${asked}&text=a`)).hits;
    expect(hits.every(({ offset }) => expected.includes(offset))).toBe(true);
  }
});

test("what was appended since is looked at, too; a pattern that is none is refused", async () => {
  const log = new MemoryLog();
  const { get, store, failure } = await openUi(log);
  await writeStory(store);
  const offsets = async () =>
    (await get<EventsAnswer>("/api/events?path=commitCount")).rows.map(({ offset }) => offset);
  expect(await offsets()).toEqual([4, 6]);
  await store.update("docs", { commitCount: 1 });
  await store.update("docs", { status: "x" });
  expect(await offsets()).toEqual([4, 6, 7]);
  await log.truncateAfter(5, await log.tail());
  await store.update("auth", { commitCount: 9 });
  await expect.poll(offsets).toEqual([4, 6]);
  expect(await failure(`/api/events?path=${"a".repeat(501)}`)).toEqual({ status: 400, code: "GLOB_INVALID" });
  expect(await failure("/api/density?path=")).toEqual({ status: 400, code: "GLOB_INVALID" });
});

test("only this path: the chip filters all panes, steps go only to its events, and its link keeps it", async () => {
  const log = new MemoryLog();
  await writeStory(new SessionStore(log, { actor: "user:ada" }));
  const { page, wrongs } = await openPage(log, { search: "?session=auth&path=%2FcommitCount&pane=watch" });
  await page.getByRole("button", { name: "only this path" }).click();
  await sees(page, ".chips .chip.on", "path commitCount");
  await sees(page, ".hidden-count", "2 shown, 4 hidden");
  await expect.poll(() => page.locator(".event").count()).toBe(2);
  await page.keyboard.press("k");
  await waitsAt(page, 4);
  await page.reload();
  await sees(page, ".hidden-count", "2 shown, 4 hidden");
  await page.locator(".chips").getByRole("button", { name: "path commitCount" }).click();
  await expect.poll(() => page.locator(".event").count()).toBe(6);
  await page.keyboard.press("2");
  await page.locator(".changes").getByRole("button", { name: "only this path" }).first().click();
  await sees(page, ".hidden-count", "2 shown, 4 hidden");
  await page.getByRole("button", { name: "clear filter" }).click();
  await expect.poll(() => page.locator(".event").count()).toBe(6);
  expect(wrongs).toEqual([]);
});
