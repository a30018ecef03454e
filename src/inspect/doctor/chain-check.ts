import { verifyLog } from "../../replay/verify-log.js";
import type { Check } from "./check.js";
import { ok } from "./finding.js";
import { salvage } from "./salvage.js";

/** Recomputes every hash. */
export const chainCheck: Check = {
  name: "chain",
  async look(patient) {
    const log = await patient.log();
    const { offset: total } = await log.tail();
    const onVerified = (done: number) => patient.options.onProgress?.("chain", done, total);
    const { fault, verified, archived } = await verifyLog(log, { to: total, onVerified });
    const from = (archived?.offset ?? 0) + 1;
    const rest = from === 1 ? "" : `; 1..${from - 1} are archived, and their file is not at hand`;
    if (fault === undefined)
      return [ok("verified", total === 0 ? "no events yet" : `${from}..${total}, every hash is right${rest}`)];
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
