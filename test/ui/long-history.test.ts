import { expect, test } from "vitest";
import { pathHistory } from "../../src/inspect/path-history.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import type { HistoryAnswer } from "../../src/ui-server/answers.js";
import { openPage, sees, waitsAt, withBrowser } from "./page-fixture.js";
import { openUi } from "./ui-fixture.js";

withBrowser();

/** More than are told at once. */
const CHANGES = 4_200;

/** Event 1 creates the session without a value; every later one changes it to its own offset. */
async function longLog(): Promise<MemoryLog> {
  const log = new MemoryLog();
  await new SessionStore(log, { actor: "user:ada" }).create({ session: "long" });
  const events = Array.from({ length: CHANGES }, (_, i) => ({
    type: "session.updated",
    data: { patch: [{ op: "add", path: "/commitCount", value: i + 2 }] },
    meta: { schema: 1 },
  }));
  await log.append({ stream: "session-long", events }, { actor: "agent:claude" });
  return log;
}

test("of many changes of a value those around an offset are told, and how many lie before and behind them", async () => {
  const { get } = await openUi(await longLog());
  const told = async (around: string) => {
    const { changes, older, newer } = await get<HistoryAnswer>(`/api/history?session=long&path=commitCount${around}`);
    return { first: changes[0]?.offset, last: changes.at(-1)?.offset, older, newer };
  };
  expect(await told("")).toEqual({ first: 2_202, last: 4_201, older: 2_200, newer: 0 });
  expect(await told("&around=2000")).toEqual({ first: 1_001, last: 3_000, older: 999, newer: 1_201 });
  expect(await told("&around=1")).toEqual({ first: 2, last: 2_001, older: 0, newer: 2_200 });
  expect(await told("&around=4201")).toEqual({ first: 2_202, last: 4_201, older: 2_200, newer: 0 });
});

test("an offset that is none is refused", async () => {
  const asked = pathHistory(await longLog(), "long", "commitCount", undefined, Number.NaN);
  await expect(asked).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
});

test("in a long past a watched value is plotted around the selected event, and no change of it is stepped over", async () => {
  const { page } = await openPage(await longLog(), { search: "?session=long&path=%2FcommitCount&pane=watch&at=1500" });
  await sees(page, ".panes .foot", "2,000 changes; 499 older and 1,701 newer ones are not shown.");
  await page.keyboard.press("Shift+ArrowRight");
  await waitsAt(page, 1_501);
  await page.keyboard.press("Shift+ArrowLeft");
  await waitsAt(page, 1_500);
  await page.keyboard.press("Shift+ArrowLeft");
  await waitsAt(page, 1_499);
});
