import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { GrowthRow } from "./growth.js";
import type { Measured } from "./measure.js";

const PATH = fileURLToPath(new URL("../../test/bench/results.json", import.meta.url));

/** A row, with where and when it was measured: rows of one file may come from several runs. */
export interface Row extends Measured {
  readonly group: string;
  readonly machine: string;
  /** A day. */
  readonly measuredOn: string;
  /** Load average of the machine over the minute before the row was done, the bench's own work included. */
  readonly load?: number;
}

export interface Remark {
  readonly group: string;
  readonly text: string;
}

/** test/bench/results.json: what the tables and the plots of docs/performance.md are drawn from. */
export interface Results {
  readonly schema: "sessiondb.bench/1";
  readonly rows: readonly Row[];
  readonly remarks: readonly Remark[];
  readonly growth: readonly GrowthRow[];
}

const NONE: Results = { schema: "sessiondb.bench/1", rows: [], remarks: [], growth: [] };

export function readResults(): Results {
  return existsSync(PATH) ? (JSON.parse(readFileSync(PATH, "utf8")) as Results) : NONE;
}

export function writeResults(results: Results): void {
  writeFileSync(PATH, `${JSON.stringify(results, null, 2)}\n`);
}

/** A row that was measured again takes the place of the old one; remarks of a group stand together, and so does growth. */
export function merged(old: Results, fresh: Results): Results {
  const again = new Map(fresh.rows.map((row) => [keyOf(row), row]));
  const kept = old.rows.map((row) => again.get(keyOf(row)) ?? row);
  const known = new Set(kept.map(keyOf));
  const remarked = new Set(fresh.remarks.map(({ group }) => group));
  return {
    schema: "sessiondb.bench/1",
    rows: [...kept, ...fresh.rows.filter((row) => !known.has(keyOf(row)))],
    remarks: [...old.remarks.filter(({ group }) => !remarked.has(group)), ...fresh.remarks],
    growth: fresh.growth.length > 0 ? fresh.growth : old.growth,
  };
}

/** A peer of another version is the same peer: its row is replaced. */
function keyOf({ group, name, peer }: Row): string {
  return JSON.stringify([group, name, peer.replace(/ \d+\.\d+\.\d+\S*/, "")]);
}
