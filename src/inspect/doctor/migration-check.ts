import { MigrationJournal } from "../../migrate/journal.js";
import { type JournalEntry, shownState } from "../../migrate/journal-entry.js";
import type { Check } from "./check.js";
import { advice, command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Whether every migration into this log came to its end. */
export const migrationCheck: Check = {
  name: "migrations",
  async look(patient) {
    const { entries, unreadable } = await new MigrationJournal(await patient.log()).list();
    // One that went on later did so under the same id, so only the last one can be unfinished.
    const open = entries.slice(-1).flatMap((entry) => unfinished(patient, entry));
    const seen = [...open, ...unreadable.map(unreadableEntry)];
    return seen.length === 0 ? [ok("none-open", `${entries.length} known, none unfinished`)] : seen;
  },
};

function unfinished({ now, storeOption }: Patient, entry: JournalEntry): Seen[] {
  const state = shownState(entry, now);
  if (state === "done" || state === "rolled-back") return [];
  if (state === "running") return [ok("running", `${entry.id} is at work, from ${entry.source}`)];
  return [
    {
      code: state,
      severity: "warn",
      what: `migration ${entry.id} from ${entry.source} is ${state}, at offset ${entry.reached.offset} of ${entry.planned.offset}`,
      why: "this log may lack events that the source has; nothing else is wrong with it",
      mend: command(`sessiondb migrate resume ${entry.id}${storeOption.replace(" --store ", " --to ")}`),
    },
  ];
}

function unreadableEntry(name: string): Seen {
  return {
    code: "unreadable-entry",
    severity: "warn",
    what: `${name} in the sidecar is no journal entry`,
    why: "that migration cannot be resumed or rolled back by its id; rollback --to-offset still can",
    mend: advice("look for a newer sessiondb, which may have written it"),
  };
}
