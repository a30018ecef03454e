import { describe, expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { refreshCollab } from "../../src/inspect/collab-refresh.js";
import type { EventLog } from "../../src/log/event-log.js";
import { SNAPSHOT_EVERY_EVENTS } from "../../src/replay/fold-log.js";
import { BACKENDS, opened } from "../read-model/backends.js";

const ACTOR = { actor: "user:ada" };

async function filled(log: EventLog): Promise<CollaborativeSessions> {
  const collab = new CollaborativeSessions(log, ACTOR);
  await collab.sessions.create("s");
  await collab.chunks.add("s", "c1", { content: "ada: where is the storage?" });
  await collab.memories.set("s", "db", { type: "decision", content: "storage is SQLite", tags: ["x"] });
  return collab;
}

/** Events that are about something else, so many that no read model is folded on the way. */
async function padded(log: EventLog): Promise<void> {
  const events = Array.from({ length: SNAPSHOT_EVERY_EVENTS }, (_, i) => ({ type: "tick", data: { i } }));
  await log.append({ stream: "other", events }, ACTOR);
}

const models = async (log: EventLog) => (await log.readModels?.list()) ?? [];
const found = ({ hits }: { hits: readonly { kind: string; id: string }[] }) =>
  hits.map(({ kind, id }) => `${kind} ${id}`).sort();

describe.each(BACKENDS)("%s:", (name, fresh) => {
  test("in a short log it finds what a search finds, at the tail, and writes nothing", async () => {
    const log = await opened(await fresh());
    const collab = await filled(log);
    await collab.artifacts.save("s", "plan", { content: "# Storage plan", name: "plan.md" });
    const before = await models(log);
    const asIs = await collab.searchAsIs("storage");
    expect(await models(log)).toEqual(before);
    expect([asIs.offset, asIs.tail, asIs.unfilled]).toEqual([4, 4, []]);
    expect(found(asIs)).toEqual(["artifact plan", "chunk c1", "memory db"]);
    expect(new Map(asIs.hits.map(({ id, textOffset }) => [id, textOffset]))).toEqual(
      new Map([
        ["c1", 2],
        ["db", 3],
        ["plan", 4],
      ]),
    );
    const { hits } = await collab.search("storage");
    expect(found({ hits })).toEqual(found(asIs));
    expect(found(await collab.searchAsIs("storage"))).toEqual(found(asIs));
    expect(found(await collab.searchAsIs("stor* -sqlite", { session: "s", kinds: ["memory", "chunk"] }))).toEqual([
      "chunk c1",
    ]);
    await expect(collab.searchAsIs("storage", { session: "nobody" })).rejects.toMatchObject({
      code: "COLLAB_SESSION_NOT_FOUND",
    });
    await expect(collab.searchAsIs('"open')).resolves.toMatchObject({ more: false });
    await expect(collab.searchAsIs("storage", { limit: 101 })).rejects.toMatchObject({ code: "COLLAB_INVALID" });
  });

  test("in a long log it says what nobody has brought up, then up to where it is true, and nothing of another history", {
    timeout: 60_000,
  }, async () => {
    const log = await opened(await fresh());
    const collab = await filled(log);
    await padded(log);
    const tail = SNAPSHOT_EVERY_EVENTS + 3;
    const isTable = name !== "jsonl";
    const nobody = await models(log);
    const snapshots = await log.sidecar.list("");
    const never = await collab.searchAsIs("storage");
    expect([never.offset, never.tail, never.unfilled, found(never).length]).toEqual(
      isTable ? [0, tail, ["chunk", "memory", "artifact"], 0] : [tail, tail, [], 2],
    );
    expect(await models(log)).toEqual(nobody);
    expect(await log.sidecar.list("")).toEqual(snapshots);
    await refreshCollab(log);
    expect(await collab.searchAsIs("storage")).toMatchObject({ offset: tail, tail, unfilled: [] });
    await collab.chunks.add("s", "c2", { content: "more storage" });
    const before = await models(log);
    const behind = await collab.searchAsIs("storage");
    expect([behind.offset, behind.tail]).toEqual([isTable ? tail : tail + 1, tail + 1]);
    expect(found(behind)).toEqual([...(isTable ? ["chunk c1"] : ["chunk c1", "chunk c2"]), "memory db"]);
    expect(await models(log)).toEqual(before);
    await log.truncateAfter(1, await log.tail());
    await collab.chunks.add("s", "c3", { content: "another storage" });
    await padded(log);
    const other = await collab.searchAsIs("storage");
    expect(found(other)).toEqual(isTable ? [] : ["chunk c3"]);
    expect(other.unfilled).toEqual(isTable ? ["chunk", "memory", "artifact"] : []);
  });
});
