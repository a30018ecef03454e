import { SessionDbError, UnavailableError } from "../../errors.js";
import { advice, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Looks at one thing. Throws where it cannot be looked at; sees nothing where the store has no such thing. */
export interface Check {
  readonly name: string;
  look(patient: Patient): Promise<readonly Seen[]>;
}

/** What a check that failed has seen: that it could not see. The cause is told once, by the check of the store itself. */
export function failedLook(error: unknown, patient: Patient): Seen {
  const closed = error === patient.closedBecause;
  const hint = error instanceof SessionDbError ? error.hint : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: error instanceof UnavailableError ? "unreachable" : "not-checked",
    severity: "unknown",
    what: `could not be checked: ${closed ? "the store cannot be opened" : message}`,
    why: "what could not be looked at may be right or wrong",
    mend: advice(closed ? "see the check store" : (hint ?? "run it again with --debug and report what it prints")),
  };
}
