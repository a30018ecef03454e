import type { PartitionState } from "../../log/partitions.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";

/** One table of more events takes hours to vacuum, to index and to restore. */
const LARGE_LOG_EVENTS = 50_000_000;

/** Whether a large log has partitions, and enough of them behind its end. */
export const partitionCheck: Check = {
  name: "partitions",
  async look(patient) {
    const exam = await patient.exam();
    return exam?.kind === "postgres" ? partitionFindings(await exam.partitions()) : [];
  },
};

export function partitionFindings({ offset, partitions }: PartitionState): Seen[] {
  const last = partitions.at(-1);
  if (last === undefined) return offset < LARGE_LOG_EVENTS ? [] : [oneTable(offset)];
  const seen: Seen[] = [];
  const { name, from } = last;
  if (from === null || from <= offset) {
    seen.push({
      code: "last-partition",
      severity: "warn",
      what: `the last partition, ${name}, holds ${offset - (from ?? 1) + 1} events and takes whatever comes`,
      why: "nothing is lost, and it grows without end; the longer that goes on, the longer it takes to add others behind it",
      mend: command("sessiondb partition"),
    });
  }
  const unbound = partitions.filter((one) => one.guard === "lookup" && one.from !== null && one.from <= offset);
  if (unbound.length > 0) {
    seen.push({
      code: "partition-guard",
      severity: "warn",
      what: `appends to ${unbound.map((one) => one.name).join(", ")} look up each id in all earlier partitions`,
      why: "each append takes some 10 µs longer for each of these",
      mend: command("sessiondb partition"),
    });
  }
  return seen.length > 0
    ? seen
    : [ok("partitions", `${partitions.length} partitions; ${waiting(offset, partitions)} wait`)];
}

function waiting(offset: number, partitions: PartitionState["partitions"]): number {
  return partitions.filter(({ from }) => from !== null && from > offset).length;
}

function oneTable(offset: number): Seen {
  return {
    code: "one-table",
    severity: "warn",
    what: `${offset} events lie in one table`,
    why: "its vacuums and indexes take longer and longer, and an archive has to delete row by row",
    mend: command("sessiondb partition --events 10000000 --dry-run"),
  };
}
