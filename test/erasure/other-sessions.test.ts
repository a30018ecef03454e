import { expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { erase } from "../../src/erasure/erase.js";
import { checkProjections } from "../../src/inspect/projections.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { freshStore, opened } from "../migrate/stores.js";
import { CANARY, canaryIn } from "./canary.js";

test("data of collaborative sessions is erased by its offsets, and every read model goes on", async () => {
  const url = await freshStore("sqlite");
  const log = await opened(url);
  const store = new CollaborativeSessions(log, { actor: "user:ada" });
  await store.sessions.create("talk", { title: CANARY });
  await store.chunks.add("talk", "c", { content: CANARY });
  await store.memories.set("talk", "k", { type: "fact", content: CANARY });
  await store.artifacts.save("talk", "a", { content: CANARY });
  await store.sessions.list();
  await store.chunks.list("talk");
  const { offset } = await log.tail();
  await erase(log, { events: Array.from({ length: offset }, (_, i) => i + 1) }, { reason: "asked for" });
  expect(await canaryIn(url)).toEqual([]);
  expect((await verifyLog(log)).ok).toBe(true);
  expect((await checkProjections(log, [])).filter(({ differenceCount }) => differenceCount > 0)).toEqual([]);
  expect(JSON.stringify(await store.sessions.list())).not.toContain(CANARY);
});
