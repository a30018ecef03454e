import { IntegrityError, NotFoundError, SessionDbError, UnavailableError, UsageError } from "../../errors.js";
import type { Check } from "./check.js";
import { advice, command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";
import { salvage } from "./salvage.js";

/** Whether the store is there and can be opened, and how much is in it. */
export const storeCheck: Check = {
  name: "store",
  async look(patient) {
    try {
      const log = await patient.log();
      const { offset } = await log.tail();
      const movedTo = (await log.movedTo?.()) ?? null;
      return [ok("opens", `${patient.shown}  ${offset} events`), ...(movedTo === null ? [] : [frozen(movedTo)])];
    } catch (error) {
      return [await closedStore(patient, error)];
    }
  },
};

async function closedStore(patient: Patient, error: unknown): Promise<Seen> {
  if (error instanceof NotFoundError) return missing(patient);
  if (error instanceof IntegrityError) {
    const why = "nothing can be read or written before it is mended";
    return { code: "damaged", severity: "bad", what: error.message, why, mend: await salvage(patient, error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof SessionDbError ? error.hint : undefined;
  return {
    code: error instanceof UnavailableError ? "unreachable" : "unusable",
    severity: error instanceof UsageError ? "bad" : "unknown",
    what: message,
    why:
      error instanceof UnavailableError
        ? "nothing can be said of a store that cannot be reached"
        : "no command can use it",
    mend: advice(hint ?? "run it again with --debug and report what it prints"),
  };
}

function missing({ shown, options, storeOption }: Patient): Seen {
  if (options.isDefaultPlace === true)
    return ok("empty", `${shown}  nothing yet: the first command that writes makes it`);
  return {
    code: "missing",
    severity: "bad",
    what: `there is no log at ${shown}`,
    why: "whoever means this store finds no sessions in it",
    mend: command(`sessiondb config list --sources${storeOption}`),
  };
}

function frozen(movedTo: string): Seen {
  return {
    code: "frozen",
    severity: "warn",
    what: `it is frozen: the log goes on at ${movedTo}`,
    why: "every append here is refused",
    mend: advice(`write to ${movedTo}; to write here again: sessiondb rollback last --to ${movedTo}`),
  };
}
