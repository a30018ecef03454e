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
    const { fault, verified } = await verifyLog(log, { to: total, onVerified });
    if (fault === undefined)
      return [ok("verified", total === 0 ? "no events yet" : `1..${total}, every hash is right`)];
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
