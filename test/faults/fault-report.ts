import { appendFileSync } from "node:fs";
import { expect } from "vitest";
import type { Verdict } from "./oracle.js";
import { faultSeed } from "./seed.js";
import { upperBound95 } from "./upper-bound.js";

const COLUMNS = ["scenario", "trials", "acknowledged", "lost", "doubled", "wrong", "bad trials <"] as const;

/** What a scenario has come to, over all its trials. */
export class FaultReport {
  readonly #scenario: string;
  readonly #wrong: string[] = [];
  #trials = 0;
  #badTrials = 0;
  #acknowledged = 0;
  #lost = 0;
  #doubled = 0;

  constructor(scenario: string) {
    this.#scenario = scenario;
  }

  /** @param trial how to find it again: a kill point, a byte, a number */
  add(trial: string, { acknowledged, lost, doubled, wrong }: Verdict): void {
    this.#trials++;
    this.#acknowledged += acknowledged;
    this.#lost += lost.length;
    this.#doubled += doubled.length;
    const faults = [...lost.map((mark) => `${mark} is lost`), ...doubled.map((mark) => `${mark} is doubled`), ...wrong];
    if (faults.length > 0) this.#badTrials++;
    this.#wrong.push(...faults.map((what) => `${trial}: ${what}`));
  }

  get trials(): number {
    return this.#trials;
  }

  /** Prints the row, also into the file that FAULT_REPORT names, and fails the test where anything was wrong. */
  close(): void {
    const bound = `${(100 * upperBound95(this.#badTrials, this.#trials)).toPrecision(2)} %`;
    const counts = [this.#trials, this.#acknowledged, this.#lost, this.#doubled, this.#wrong.length];
    const row = [this.#scenario, ...counts.map(String), bound];
    process.stdout.write(`${COLUMNS.map((column, i) => `${column} ${row[i]}`).join(" · ")} · seed ${faultSeed()}\n`);
    const { FAULT_REPORT } = process.env;
    if (FAULT_REPORT !== undefined) appendFileSync(FAULT_REPORT, `${JSON.stringify(row)}\n`);
    expect(this.#wrong.slice(0, 20)).toEqual([]);
    expect(this.#trials).toBeGreaterThan(0);
  }
}

/** Says loudly that a scenario was not run, and why. */
export function notRun(scenario: string, why: string): void {
  process.stdout.write(`NOT RUN: ${scenario}: ${why}\n`);
  const { FAULT_REPORT } = process.env;
  if (FAULT_REPORT !== undefined) appendFileSync(FAULT_REPORT, `${JSON.stringify([scenario, "NOT RUN", why])}\n`);
}
