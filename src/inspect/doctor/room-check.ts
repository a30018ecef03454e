import type { Check } from "./check.js";
import { advice, ok } from "./finding.js";

const LOW_BYTES = 256 * 1024 * 1024;

/** Whether this user may write to the store, and whether there is room for it. */
export const roomCheck: Check = {
  name: "room",
  async look(patient) {
    const { freeBytes, writeFault, mayAppend, sizeBytes } = await patient.probe();
    if (mayAppend === true)
      return [
        ok("appends-only", "you may append events; tables, read models and archives are their owner's to change"),
      ];
    if (writeFault !== undefined) {
      const mend = advice("check the owner and the rights, if you mean to write to it");
      return [{ code: "read-only", severity: "warn", what: writeFault, why: "every change is refused", mend }];
    }
    if (freeBytes === undefined) return [ok("writable", `you may write; ${sizeSoFar(sizeBytes)}`)];
    if (freeBytes >= LOW_BYTES) return [ok("room", `${mib(freeBytes)} MiB are free`)];
    const what = `only ${mib(freeBytes)} MiB are free`;
    const why = "an append that finds no room fails; what was confirmed stays";
    return [{ code: "little-room", severity: "warn", what, why, mend: advice("free some space on that disk") }];
  },
};

/** How much is free on a server's disk is nothing that its users are told. */
function sizeSoFar(sizeBytes: number | undefined): string {
  return sizeBytes === undefined
    ? "what is free is not known"
    : `${sizeBytes} bytes are taken, and what is free is not known`;
}

function mib(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
