import { checkProjections, type ProjectionState, projectionStates, rebuildProjections } from "../projections.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Whether the stored read models are where they say, and what a fresh fold of the log gives. */
export const readModelCheck: Check = {
  name: "read models",
  async look(patient) {
    const log = await patient.log();
    const { items } = await projectionStates(log);
    const seen: Seen[] = [];
    for (const state of items) seen.push(await seenOf(patient, state));
    return seen;
  },
};

async function seenOf(patient: Patient, { name, kind, offset, behind, fault }: ProjectionState): Promise<Seen> {
  if (fault !== undefined) {
    const what = `${name} has stopped at offset ${fault.offset}: ${fault.why}`;
    return toRebuild(patient, name, "stopped", what, "what came after that event is missing in every list");
  }
  const [check] = await checkProjections(await patient.log(), [name]);
  if (check !== undefined && check.differenceCount > 0) {
    const ids = check.differences.slice(0, 3).map(({ id, kind: how }) => `${id} ${how}`);
    const what = `${name} differs from a fresh fold in ${check.differenceCount} documents: ${ids.join(", ")}`;
    return toRebuild(patient, name, "drifted", what, "lists and searches answer otherwise than the log says");
  }
  const kept = kind === "table" ? "table" : "snapshots";
  const lag = behind === 0 ? "up to date" : `${behind} events behind; whoever reads next catches up`;
  return ok(behind === 0 ? "current" : "lag", `${name}: ${kept} at offset ${offset}, ${lag}`);
}

function toRebuild(patient: Patient, name: string, code: string, what: string, why: string): Seen {
  const mend = command(`sessiondb projection rebuild ${name}${patient.storeOption}`);
  const fix = async () => {
    await patient.writing((log) => rebuildProjections(log, [name]));
    return `rebuilt ${name} from the log`;
  };
  return { code, severity: "bad", what, why, mend, fix };
}
