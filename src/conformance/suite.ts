import { randomBytes } from "node:crypto";
import type { EventLog } from "../log/event-log.js";
import { appendCases } from "./append-cases.js";
import { archiveCases } from "./archive-cases.js";
import { freezeCases } from "./freeze-cases.js";
import { idempotenceCases } from "./idempotence-cases.js";
import { lifecycleCases } from "./lifecycle-cases.js";
import { payloadCases } from "./payload-cases.js";
import { readCases } from "./read-cases.js";
import { redactCases } from "./redact-cases.js";
import { sealedCases } from "./sealed-cases.js";
import { sharedCases } from "./shared-cases.js";
import { type ConformanceTarget, countingEntropy, type DefineCase, ManualClock, type RegisterTest } from "./target.js";
import { truncateCases } from "./truncate-cases.js";

/** Registers every promise of EventLog as a test of `target`. Works with any `(title, fn) => void`. */
export function conformanceSuite(register: RegisterTest, target: ConformanceTarget): void {
  appendingSuite(register, target);
  const define = definer(register, target);
  sealedCases(define);
  truncateCases(define);
  freezeCases(define);
  redactCases(define);
  archiveCases(define);
  sharedCases(define);
}

/** The promises of appending and reading alone, for a log that refuses to be changed in any other way. */
export function appendingSuite(register: RegisterTest, target: ConformanceTarget): void {
  const define = definer(register, target);
  appendCases(define);
  idempotenceCases(define);
  payloadCases(define);
  readCases(define);
  lifecycleCases(define);
}

function definer(register: RegisterTest, target: ConformanceTarget): DefineCase {
  return (title, run) => {
    register(title, async () => {
      const handles: EventLog[] = [];
      const clock = new ManualClock();
      const open = async (name: string, start: number) => {
        const log = await target.open(name, {
          now: clock.now,
          entropy: countingEntropy(start),
        });
        handles.push(log);
        return log;
      };
      const name = uniqueName();
      try {
        const log = await open(name, 0);
        await run({
          log,
          clock,
          // A second handle makes ids and salts of its own.
          again: () => open(name, handles.length * 1_000_000),
          other: () => open(uniqueName(), 0),
        });
      } finally {
        for (const handle of handles) await handle.close();
      }
    });
  };
}

function uniqueName(): string {
  return `c_${randomBytes(6).toString("hex")}`;
}
