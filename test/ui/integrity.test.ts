import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { checkProjections, projectionStates } from "../../src/inspect/projections.js";
import { signTail } from "../../src/inspect/sign-tail.js";
import { createSigningKey, readPrivateKey, readPublicKey } from "../../src/inspect/signing-key.js";
import { storeSizes } from "../../src/inspect/store-sizes.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SessionStore } from "../../src/session/session-store.js";
import type {
  ChainAnswer,
  IntegrityAnswer,
  ProjectionCheckAnswer,
  ProjectionsAnswer,
  StoreSizesAnswer,
} from "../../src/ui-server/answers.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { openPage, sees, withBrowser, writeStory } from "./page-fixture.js";
import { seriousFindings } from "./serious-findings.js";
import { openUi } from "./ui-fixture.js";

withBrowser();

async function sqliteStory() {
  const path = join(tempDir(), "s.db");
  const url = `sqlite:${path}`;
  const log = await openLog(url);
  cleanUp(() => log.close());
  const store = new SessionStore(log, { actor: "user:ada" });
  await writeStory(store);
  await new ReadModel(log, sessions).query({ limit: 1 });
  const database = new Database(path);
  cleanUp(() => void database.close());
  return { log, url, store, database };
}

/** As somebody does who goes around the program. */
function editEvent(database: Database.Database, offset: number, actor: string): void {
  database.exec("DROP TRIGGER IF EXISTS events_no_update");
  database.prepare('UPDATE events SET actor = ? WHERE "offset" = ?').run(actor, offset);
}

describe("what the server answers", () => {
  test("the chain up to the tail and its hash, then what came; where an event was edited, which one and why", async () => {
    const { log, store, database } = await sqliteStory();
    const { get } = await openUi(log);
    const chain = (again = "") => get<ChainAnswer>(`/api/chain${again}`);
    await until("it is verified", async () => (await chain()).verified.offset === 6);
    expect(await chain()).toMatchObject({ state: "whole", fault: null, verified: { hash: (await log.tail()).hash } });
    await store.update("auth", { status: "x" });
    await until("the next one, too", async () => (await chain()).verified.offset === 7);
    editEvent(database, 4, "user:eve");
    await chain("?again=yes");
    await until("it is broken", async () => (await chain()).state === "broken");
    const { fault, verified } = await chain();
    expect([fault?.offset, fault?.code, verified.offset]).toEqual([4, "CHAIN_BROKEN", 3]);
    expect(fault?.message).toContain("its hash is");
  });

  test("read models are where the command says, and looking at them brings none of them up to date", async () => {
    const { log, store } = await sqliteStory();
    await store.update("auth", { status: "y" });
    const { get, failure } = await openUi(log);
    const before = await projectionStates(log);
    const { items, offset } = await get<ProjectionsAnswer>("/api/projections");
    expect({ offset, items }).toEqual(before);
    expect(items.find(({ name }) => name === "sessions")).toMatchObject({ offset: 6, behind: 1 });
    const { check } = await get<ProjectionCheckAnswer>("/api/projection-check?name=sessions");
    expect(check).toEqual((await checkProjections(log, ["sessions"]))[0]);
    expect(await projectionStates(log)).toEqual(before);
    expect(await failure("/api/projection-check?name=nothing")).toEqual({ status: 404, code: "PROJECTION_NOT_FOUND" });
    expect(await failure("/api/projection-check")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
    expect(await failure("/api/projection-check?name=")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
    expect(await failure("/api/chain?again=1")).toEqual({ status: 400, code: "ARGUMENT_INVALID" });
  });

  test("sizes where somebody can tell them, wake-ups of what came since, and a log that moved", async () => {
    const { log, url, store } = await sqliteStory();
    const { get } = await openUi(log, { sizes: () => storeSizes(url) });
    const { sizes } = await get<StoreSizesAnswer>("/api/store-sizes");
    expect(sizes?.parts.find(({ part }) => part === "log")?.bytes).toBeGreaterThan(0);
    const integrity = () => get<IntegrityAnswer>("/api/integrity");
    await get("/api/density");
    await until("it has read up", async () => (await get<{ indexed: number }>("/api/hello")).indexed === 6);
    await store.update("auth", { status: "z" });
    await until("it woke up", async () => (await integrity()).wakeUps.length > 0);
    const { wakeUps, tail, movedTo, signed, hasSizes } = await integrity();
    expect(wakeUps.at(-1)).toMatchObject({ offset: 7, events: 1 });
    expect(wakeUps.at(-1)?.lateMs).toBeLessThan(60_000);
    expect([tail, movedTo, signed, hasSizes]).toEqual([await log.tail(), null, null, true]);
    const bare = await openUi(new MemoryLog());
    expect(await bare.get<StoreSizesAnswer>("/api/store-sizes")).toMatchObject({ sizes: null });
    expect(await bare.get<IntegrityAnswer>("/api/integrity")).toMatchObject({ tail: { offset: 0 }, hasSizes: false });
  });

  test("a file of signatures that fits, one of another history, and one that was edited", async () => {
    const { log, store } = await sqliteStory();
    const folder = tempDir();
    const path = join(folder, "tails.jsonl");
    await createSigningKey(join(folder, "k"));
    await signTail(log, await readPrivateKey(join(folder, "k")), { append: path });
    const keys = [await readPublicKey(join(folder, "k.pub"))];
    await store.update("auth", { status: "later" });
    const { get } = await openUi(log, { signed: { path, keys } });
    const { signed } = await get<IntegrityAnswer>("/api/integrity");
    expect(signed).toMatchObject({ error: null, found: { fits: true, signatures: 1, last: { offset: 6 } } });
    const other = new MemoryLog();
    await writeStory(new SessionStore(other, { actor: "user:bo" }));
    const elsewhere = await openUi(other, { signed: { path, keys } });
    expect((await elsewhere.get<IntegrityAnswer>("/api/integrity")).signed).toMatchObject({ found: { fits: false } });
    await createSigningKey(join(folder, "l"));
    const wrongKey = await openUi(log, { signed: { path, keys: [await readPublicKey(join(folder, "l.pub"))] } });
    const { signed: refused } = await wrongKey.get<IntegrityAnswer>("/api/integrity");
    expect(refused).toMatchObject({ found: null, error: { code: "SIGNED_BY_OTHER_KEY" } });
  });
});

test("the pane says that the chain is ok up to the end, with the tail hash; each event says so up to itself", async () => {
  const { log, store } = await sqliteStory();
  const { page, wrongs } = await openPage(log, { search: "?pane=event&at=4" });
  await sees(page, ".seal.ok", "chain ok from event 1 to 4");
  await page.keyboard.press("8");
  await sees(page, ".seal.ok", "chain ok from event 1 to 6");
  await sees(page, ".integrity dd", (await log.tail()).hash);
  await expect.poll(() => page.url()).toContain("pane=integrity");
  await store.update("auth", { status: "more" });
  await sees(page, ".seal.ok", "chain ok from event 1 to 7");
  await sees(page, ".integrity", /1 wake-up: half of them within \d+ ms/);
  await page.reload();
  await sees(page, ".integrity dd", (await log.tail()).hash);
  expect(wrongs).toEqual([]);
});

test("an event that was edited is named, with what is wrong and the command; one click leads to it", async () => {
  const { log, database } = await sqliteStory();
  editEvent(database, 4, "user:eve");
  const { page, wrongs } = await openPage(log, { search: "?pane=integrity" });
  await sees(page, ".seal.bad", /the chain breaks at event 4.*its hash is/s);
  await sees(page, ".seal.bad", "sessiondb verify");
  await page.locator(".seal.bad").getByRole("button", { name: "event 4" }).click();
  await page.keyboard.press("5");
  await sees(page, ".seal.bad", "NOT as it was sealed");
  await sees(page, ".seal.bad", "the chain breaks at event 4");
  await page.keyboard.press("k");
  await sees(page, ".seal.ok", "chain ok from event 1 to 3");
  editEvent(database, 4, "agent:claude");
  await page.keyboard.press("8");
  await page.getByRole("button", { name: "Verify again from event 1" }).click();
  await sees(page, ".seal.ok", "chain ok from event 1 to 6");
  expect(wrongs).toEqual([]);
});

test("a document that was edited in its table is found when it is compared with a fresh fold, as text", async () => {
  const { log, database } = await sqliteStory();
  const evil = "<img src=x onerror=alert(1)>\u202e";
  const [model] = (await log.readModels?.list()) ?? [];
  const table = model?.table ?? "";
  const [{ id, body }] = database.prepare(`SELECT id, document AS body FROM "${table}"`).all() as [
    { id: string; body: string },
  ];
  database
    .prepare(`UPDATE "${table}" SET document = ? WHERE id = ?`)
    .run(body.replace(/"branch":"\w+"/, `"${evil}":1`), id);
  const { page, wrongs } = await openPage(log, { search: "?pane=integrity" });
  await page.getByRole("button", { name: "compare sessions" }).click();
  await sees(page, ".integrity .bad", "1 document not as a fresh fold of events 1–6 gives them");
  await sees(page, ".integrity .bad", "sessiondb projection rebuild sessions");
  expect(await page.locator(".integrity").textContent()).toContain("<img src=x");
  expect(await page.locator(".integrity").textContent()).not.toContain("\u202e");
  expect(wrongs).toEqual([]);
});

test("on a phone and in the dark axe finds nothing serious in the pane, broken or whole, and nothing hangs over", {
  timeout: 60_000,
}, async () => {
  const { log, url, database } = await sqliteStory();
  const options = { width: 390, height: 800, search: "?pane=integrity", sizes: () => storeSizes(url) };
  const { page } = await openPage(log, options);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("button", { name: "details" }).click();
  for (const name of ["compare sessions", "Measure the store on disk"])
    await page.getByRole("button", { name }).click();
  await sees(page, ".integrity", "✓ 2 documents as a fresh fold of events 1–6");
  await sees(page, ".integrity td", "log");
  expect(await seriousFindings(page)).toEqual([]);
  editEvent(database, 2, "user:eve");
  await page.getByRole("button", { name: "Verify again from event 1" }).click();
  await sees(page, ".seal.bad", "the chain breaks at event 2");
  expect(await seriousFindings(page)).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
});
