import { describe, expect, test } from "vitest";
import { collabArtifacts } from "../../projections/collab-artifacts.js";
import { collabChunks } from "../../projections/collab-chunks.js";
import { collabMemories } from "../../projections/collab-memories.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { erase } from "../../src/erasure/erase.js";
import { collabContent } from "../../src/inspect/collab-content.js";
import { collabOverview } from "../../src/inspect/collab-overview.js";
import type { EventLog } from "../../src/log/event-log.js";
import { foldLog } from "../../src/replay/fold-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { freshStore, KINDS, opened } from "../migrate/stores.js";
import { CANARY } from "./canary.js";

interface Told {
  readonly store: CollaborativeSessions;
  /** Offsets of the events that hold the canary. */
  readonly offsets: readonly number[];
  /** Where the log ended before it was erased. */
  readonly tail: number;
}

/** Each thing once with the canary in its last value, once in an earlier one, and once without it. */
async function tell(log: EventLog): Promise<Told> {
  const store = new CollaborativeSessions(log, { actor: "user:ada" });
  await store.sessions.create("s", { title: "harmless" });
  const offsets: number[] = [];
  const told = async (written: Promise<unknown>) => {
    await written;
    offsets.push((await log.tail()).offset);
  };
  await store.chunks.add("s", "clean", { content: "harmless" });
  await told(store.chunks.add("s", "told", { content: `the ${CANARY} was said`, metadata: { [CANARY]: 1 } }));
  for (const [key, first, last] of [
    ["early", CANARY, "harmless"],
    ["late", "harmless", CANARY],
    ["only", undefined, CANARY],
    ["clean", "harmless", "harmless"],
  ] as const) {
    for (const word of [first, last].filter((one) => one !== undefined)) {
      const memory = store.memories.set("s", key, { type: "fact", content: { text: `a ${word}` }, tags: [word] });
      await (word === CANARY ? told(memory) : memory);
      const artifact = store.artifacts.save("s", key, { content: `an ${word}`, type: "code", name: word });
      await (word === CANARY ? told(artifact) : artifact);
    }
  }
  return { store, offsets, tail: (await log.tail()).offset };
}

/** Answers to everything that somebody may ask who has the log open; that something is missing is an answer as well. */
class Reader {
  readonly #store: CollaborativeSessions;
  readonly #models: readonly ReadModel<object>[];
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
    this.#store = new CollaborativeSessions(log);
    this.#models = [collabChunks, collabMemories, collabArtifacts].map(
      (projection) => new ReadModel(log, projection as never),
    );
  }

  async answers({ offsets, tail }: Told): Promise<string> {
    const store = this.#store;
    const at = { asOf: tail };
    const asked: (() => Promise<unknown>)[] = [
      ...["harmless", CANARY, `${CANARY.slice(0, 6)}*`, `"the ${CANARY}"`, "-absent"].flatMap((query) => [
        () => store.search(query),
        () => store.searchAsIs(query),
        () => store.search(query, at),
      ]),
      ...[undefined, at].flatMap((then) => [
        () => store.chunks.list("s", then),
        () => store.memories.list("s", then),
        () => store.artifacts.list("s", then),
        () => store.sessions.list(then),
        () => collabOverview(this.#log, "s", then),
        ...["told", "clean"].map((id) => () => store.chunks.get("s", id, then)),
        ...["early", "late", "only", "clean"].flatMap((key) => [
          () => store.memories.get("s", key, then),
          () => store.memories.history("s", key),
          () => store.artifacts.get("s", key, then),
          () => store.artifacts.versions("s", key),
        ]),
        ...this.#models.map((model) => () => model.query({}, then)),
      ]),
      ...offsets.map((offset) => () => collabContent(this.#log, offset)),
    ];
    const texts: string[] = [];
    for (const ask of asked) texts.push(JSON.stringify(await ask().catch((error: Error) => error.message)));
    return texts.join("\n");
  }
}

describe.each(KINDS)("%s", (kind) => {
  test("what was erased by another process is in no answer of one that has everything in memory", async () => {
    const url = await freshStore(kind);
    const [log, other] = [await opened(url), await opened(url)];
    const told = await tell(log);
    // Snapshots in the sidecar, as a long log has them.
    await foldLog(other, collabMemories as never, told.tail, 2);
    const readers = [new Reader(log), new Reader(other)];
    for (const reader of readers) expect(await reader.answers(told)).toContain(CANARY);

    await erase(log, { events: told.offsets }, { reason: "not ours to keep" });

    for (const reader of [...readers, new Reader(other)]) {
      const answers = await reader.answers(told);
      expect(answers).not.toContain(CANARY);
      expect(answers).toContain("harmless");
    }
    // And once more when the log has gone on.
    await told.store.memories.set("s", "new", { type: "fact", content: "harmless", tags: [] });
    for (const reader of readers) expect(await reader.answers(told)).not.toContain(CANARY);
  });
});
