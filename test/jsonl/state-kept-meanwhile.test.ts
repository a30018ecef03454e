import { expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { ACTOR } from "../../src/conformance/target.js";
import { type FileCalls, SYSTEM_FILE_CALLS } from "../../src/log/jsonl/file-calls.js";
import { foldFresh } from "../../src/replay/fold-log.js";
import { Snapshots } from "../../src/replay/snapshots.js";
import { CANARY, canaryIn } from "../erasure/canary.js";
import { freshPath, open } from "./jsonl-fixture.js";

test("a state that was folded while data was being erased, and is kept behind it, keeps nothing of that data", async () => {
  const path = freshPath();
  const reader = await open(path);
  const record = { session: "told", description: CANARY };
  await reader.append({ stream: "session-told", events: [{ type: "session.created", data: { record } }] }, ACTOR);
  const snapshots = new Snapshots(reader, sessions);
  let folded: Awaited<ReturnType<typeof foldFresh>> | undefined;
  const sync: FileCalls["sync"] = async (fd) => {
    if (folded === undefined) await snapshots.begin(); // of the new file, before it takes the place of the old one
    folded ??= await foldFresh(reader, sessions, 1);
    return SYSTEM_FILE_CALLS.sync(fd);
  };
  const eraser = await open(path, { calls: { ...SYSTEM_FILE_CALLS, sync } });
  await eraser.redact({ offsets: [1] }, ACTOR);
  expect(JSON.stringify([...(folded?.documents ?? [])])).toContain(CANARY); // it was read before it was gone

  await snapshots.keep({ ...folded, offset: 1, hash: "" } as never);

  expect(await canaryIn(`jsonl:${path}`)).toEqual([]);
});
