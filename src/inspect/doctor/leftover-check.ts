import { rmSync } from "node:fs";
import { rollbackFolder } from "../../config/paths.js";
import { leftoversBelow } from "../../log/leftovers.js";
import { shellWord } from "../../log/shell-word.js";
import type { Leftover } from "../../log/store-exam.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";

/** Before that, whoever writes it may still be at work. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** Files that nobody will finish: beside the store, and where rollbacks save what they cut. */
export const leftoverCheck: Check = {
  name: "leftovers",
  async look(patient) {
    const exam = await patient.exam();
    const beside = exam === undefined || exam.kind === "postgres" ? undefined : exam.leftovers();
    const { config } = patient.options;
    const saving = config === undefined ? [] : leftoversBelow(rollbackFolder(config.env), ".unfinished-");
    const seen = [...(beside ?? []), ...saving].flatMap((one) => seenOf(one, patient.now));
    return seen.length > 0 || beside === undefined ? seen : [ok("none", "no unfinished files beside the store")];
  },
};

function seenOf({ kind, path, bytes, changedAt }: Leftover, now: Date): Seen[] {
  switch (kind) {
    case "torn":
      return [
        {
          code: "torn-file",
          severity: "warn",
          what: `${path}: ${bytes} bytes of an append that was never finished, kept since ${changedAt}`,
          why: "no event is missing because of it; it is kept so that you can look at what was being written",
          mend: command(`rm ${shellWord(path)}`),
        },
      ];
    case "unnamed":
      return [
        {
          code: "unnamed-segment",
          severity: "warn",
          what: `${path}: ${bytes} bytes of events that the log does not read, written ${changedAt}`,
          why: "its manifest does not name it: a crash left it, or somebody put it there. It may hold what was erased since",
          mend: command(`rm ${shellWord(path)}`),
        },
      ];
    case "unfinished":
      return now.getTime() - Date.parse(changedAt) < ABANDONED_AFTER_MS ? [] : [abandoned(path, bytes, changedAt)];
    default:
      return kind satisfies never;
  }
}

function abandoned(path: string, bytes: number, changedAt: string): Seen {
  return {
    code: "unfinished-file",
    severity: "warn",
    what: `${path}: ${bytes} bytes of a file that was never finished, last written ${changedAt}`,
    why: "it takes room; whatever it was to be was never in place, so nothing refers to it",
    mend: command(`rm -rf ${shellWord(path)}`),
    fix: async () => {
      rmSync(path, { recursive: true, force: true });
      return `removed ${path}`;
    },
  };
}
