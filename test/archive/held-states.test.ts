import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { archiveBefore } from "../../src/inspect/archive-log.js";
import { countWebSessions } from "../../src/inspect/web-sessions.js";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";
import { ARCHIVABLE, addressIn } from "./archivable.js";

test.each(
  ARCHIVABLE.flatMap((kind) => [
    [kind, "all that it held", "HEAD"],
    [kind, "more than it held", 4],
  ]),
)(
  "%s: a process that holds states answers without the file, when %s was archived beside it",
  async (kind, _, point) => {
    const folder = tempDir();
    const url = await addressIn(kind as (typeof ARCHIVABLE)[number], folder);
    const [held, other] = [await openStore(url, { actor: "user:ada" }), await openStore(url, { actor: "user:bob" })];
    onTestFinished(async () => void (await Promise.all([held.close(), other.close()])));
    const collab = new CollaborativeSessions(held.log, { actor: "user:ada" });
    const answers = async () => ({
      listed: (await held.list()).documents.map(({ record }) => record.session).sort(),
      folded: (await held.folded()).documents.size,
      collab: (await collab.sessions.list()).documents.map(({ id }) => id),
      web: (await countWebSessions(held.log)).count,
    });
    await held.create({ session: "a" });
    await collab.sessions.create("c");
    expect(await answers()).toEqual({ listed: ["a"], folded: 1, collab: ["c"], web: 0 });
    if (point === 4) for (const session of ["b", "d", "e"]) await other.create({ session });
    const file = join(folder, "old.gz");
    await archiveBefore(other.log, point, file);
    rmSync(file);
    await other.create({ session: "z" });
    const listed = point === 4 ? ["a", "b", "d", "e", "z"] : ["a", "z"];
    expect(await answers()).toEqual({ listed, folded: listed.length, collab: ["c"], web: 0 });
  },
);
