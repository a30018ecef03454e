import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { exportCollabFiles } from "../../src/collab/export-files.js";
import { bisect } from "../../src/inspect/bisect.js";
import { blame } from "../../src/inspect/blame.js";
import { collabHistory } from "../../src/inspect/collab-history.js";
import { collabOverview } from "../../src/inspect/collab-overview.js";
import { collabSummary } from "../../src/inspect/collab-summary.js";
import { conversationPage } from "../../src/inspect/conversation-page.js";
import { listMarks } from "../../src/inspect/marks.js";
import { stateAt } from "../../src/inspect/state-at.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";

const KINDS = ["jsonl:s.jsonl", "sqlite:s.db", "memory:"];

async function filled(address: string) {
  const folder = tempDir();
  const [scheme, path] = address.split(":") as [string, string];
  const store = await openStore(path === "" ? "memory:" : `${scheme}:${join(folder, path)}`, { actor: "user:ada" });
  onTestFinished(() => store.close());
  await store.create({ session: "a", branch: "one" });
  const collab = new CollaborativeSessions(store.log, { actor: "user:ada" });
  await collab.sessions.create("s", { title: "Login" });
  await collab.memories.set("s", "k", { type: "general", content: "v" });
  await collab.agents.register("bot", { type: "code" });
  return { folder, store, collab, log: store.log };
}

test.each(KINDS)(
  "%s: nothing that is asked as of an offset that the log does not have is answered as of its tail",
  async (kind) => {
    const { folder, store, collab, log } = await filled(kind);
    const out = join(folder, "out");
    const questions: ((asOf: number) => Promise<unknown>)[] = [
      (asOf) => store.get("a", { asOf }),
      (asOf) => store.load("a", { asOf }),
      (asOf) => store.list({ asOf }),
      (asOf) => store.folded({ asOf }),
      (asOf) => store.settings({ asOf }),
      (asOf) => store.history("a", { asOf }),
      (asOf) => stateAt(log, "a", asOf),
      (asOf) => blame(log, "a", { toOffset: asOf }),
      (asOf) => bisect(log, "a", { good: 1, bad: asOf, verdict: () => "good" }),
      (asOf) => listMarks(log, { asOf }),
      (asOf) => new ReadModel(log, sessions).get("a", { asOf }),
      (asOf) => new ReadModel(log, sessions).query({}, { asOf }),
      (asOf) => new ReadModel(log, sessions).search("one", {}, { asOf }),
      (asOf) => collab.sessions.get("s", { asOf }),
      (asOf) => collab.sessions.list({ asOf }),
      (asOf) => collab.memories.get("s", "k", { asOf }),
      (asOf) => collab.memories.list("s", { asOf }),
      (asOf) => collab.memories.history("s", "k", { asOf }),
      (asOf) => collab.agents.find("bot", { asOf }),
      (asOf) => collab.search("v", { asOf }),
      (asOf) => collabHistory(log, "s", { asOf }).next(),
      (asOf) => collabOverview(log, "s", { asOf }),
      (asOf) => collabSummary(log, "s", { asOf }),
      (asOf) => conversationPage(log, "s", { asOf, limit: 10 }),
      (asOf) => exportCollabFiles(collab, out, { asOf }),
    ];
    const { offset } = await log.tail();
    for (const [i, ask] of questions.entries()) {
      for (const outside of [offset + 1, -1, Number.POSITIVE_INFINITY]) {
        await expect(ask(outside), `question ${i} as of ${outside}`).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
      }
      await expect(ask(1.5), `question ${i} as of 1.5`).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    }
    expect(existsSync(out)).toBe(false);
  },
);
