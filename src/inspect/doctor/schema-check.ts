import type { SchemaFacts } from "../../log/store-exam.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Whether the tables are those that this program knows. Newer ones keep the store from being opened at all. */
export const schemaCheck: Check = {
  name: "schema",
  async look(patient) {
    const exam = await patient.exam();
    if (exam === undefined || exam.kind === "jsonl") return [];
    const { schema } = await exam.facts();
    return schema.applied.length === 0 ? [] : [seenOf(patient, schema)];
  },
};

function seenOf(patient: Patient, { applied, missing }: SchemaFacts): Seen {
  if (missing.length === 0) return ok("current", `tables at ${applied.at(-1)}`);
  return {
    code: "behind",
    severity: "warn",
    what: `tables at ${applied.at(-1)}; this program also knows ${missing.join(", ")}`,
    why: "the next command that may write brings them up to date, and older programs may then refuse the store",
    mend: command(`sessiondb doctor --fix${patient.storeOption}`),
    fix: async () => {
      await patient.writing(async () => undefined);
      return `brought the tables up to ${missing.at(-1)}`;
    },
  };
}
