import { verifyLog } from "../../replay/verify-log.js";
import type { Check } from "./check.js";
import { advice, ok, type Seen } from "./finding.js";
import { salvage } from "./salvage.js";

/** Clocks of machines that keep time agree far better. */
const AHEAD_MS = 5 * 60_000;

/** Recomputes every hash, and compares the last time with the clock. */
export const chainCheck: Check = {
  name: "chain",
  async look(patient) {
    const log = await patient.log();
    const { offset: total, recordedAt } = await log.tail();
    const onVerified = (done: number) => patient.options.onProgress?.("chain", done, total);
    const { fault, verified, archived } = await verifyLog(log, { to: total, onVerified });
    const from = (archived?.offset ?? 0) + 1;
    const rest = from === 1 ? "" : `; 1..${from - 1} are archived, and their file is not at hand`;
    if (fault === undefined)
      return [
        ok("verified", total === 0 ? "no events yet" : `${from}..${total}, every hash is right${rest}`),
        ...aheadOfClock(recordedAt, patient.now),
      ];
    return [
      {
        code: "broken",
        severity: "bad",
        what: `${fault.message}; the ${verified} events before it are as they were written`,
        why: "somebody or something has changed what was stored; what follows cannot be trusted",
        mend: await salvage(patient, fault),
      },
    ];
  },
};

/** Times of a log never go back, so one clock that was wrong stays visible until the others have come there. */
function aheadOfClock(recordedAt: string, now: Date): Seen[] {
  if (recordedAt === "" || Date.parse(recordedAt) - now.getTime() <= AHEAD_MS) return [];
  return [
    {
      code: "ahead-of-clock",
      severity: "warn",
      what: `the last event bears the time ${recordedAt}, and it is ${now.toISOString()} here`,
      why: "what is appended bears that time, too, until the clock has come there, so times do not tell these events apart",
      mend: advice(
        "set the clock of the machine that was wrong, this one or another; offsets tell the order: sessiondb events list",
      ),
    },
  ];
}
