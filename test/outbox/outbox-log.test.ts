import { describe, expect, test } from "vitest";
import { verifyLog } from "../../src/replay/verify-log.js";
import { ACTOR, allOf, counted, dataOf, OutboxWorld } from "./outbox-world.js";

describe("while the server is away", () => {
  test("appends wait, reads see them and say how old they are, and the replay brings them to the server once", async () => {
    const world = await OutboxWorld.start();
    const log = await world.open();
    await log.append(counted("session-a", 1), ACTOR);
    await log.replay();
    expect(log.staleness).toBeUndefined();
    world.cut();
    const result = await log.append([counted("session-a", 2, 1), counted("session-b", 3, 0)], ACTOR);
    expect(result).toMatchObject({ queued: true, firstOffset: 2, lastOffset: 3, repeated: false });
    expect(await dataOf(log)).toEqual([1, 2, 3]);
    expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 3 });
    expect(log.staleness).toMatchObject({ copiedOffset: 1, queued: 1, completeAt: expect.any(String) });
    expect(world.codes).toEqual(["OUTBOX_QUEUED", "OUTBOX_READ"]);
    expect(await dataOf(world.direct)).toEqual([1]);
    world.mend();
    expect(await log.replay()).toEqual({ appended: 1, repeated: 0, conflicts: 0 });
    expect(await dataOf(world.direct)).toEqual([1, 2, 3]);
    expect((await allOf(world.direct)).map(({ id }) => id).slice(1)).toEqual(result.events.map(({ id }) => id));
    expect(log.staleness).toBeUndefined();
    expect(await log.replay()).toEqual({ appended: 0, repeated: 0, conflicts: 0 });
    expect((await log.append(counted("session-a", 4, 2), ACTOR)).queued).toBeUndefined();
  });
});
