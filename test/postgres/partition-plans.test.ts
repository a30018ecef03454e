import { expect, test } from "vitest";
import { PgSession } from "../../src/log/sql/postgres/connection/pg-session.js";
import { type Statement, tablesOf } from "../../src/log/sql/postgres/connection/statement.js";
import { StatementClock } from "../../src/log/sql/postgres/connection/statement-clock.js";
import { PageStatements } from "../../src/log/sql/postgres/read/page-statements.js";
import { openAdmin, schemaOf } from "./open-postgres.js";
import { openPartitioned } from "./partitioned.js";

const ACTOR = { actor: "user:test" };

/** A session that only asks how the server would run what it is told. */
class PlanSession extends PgSession {
  readonly plans: string[] = [];

  override async rows(statement: Statement, values: readonly (string | number)[] = []): Promise<unknown[][]> {
    const literal = (value: string | number) => (typeof value === "number" ? String(value) : `'${value}'`);
    const text = `PREPARE asked AS ${statement.text}; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)
      EXECUTE asked (${values.map(literal).join(", ")}); DEALLOCATE asked`;
    const results = (await this.client.query(text)) as unknown as { rows: { "QUERY PLAN": string }[] }[];
    this.plans.push((results[1]?.rows ?? []).map((row) => row["QUERY PLAN"]).join("\n"));
    return [];
  }
}

async function planned(mode: "force_generic_plan" | "force_custom_plan") {
  const { url, log } = await openPartitioned(10);
  for (let i = 0; i < 5; i++) {
    const events = Array.from({ length: 20 }, () => ({ type: "test.happened", data: { i } }));
    await log.append({ stream: `session-${i}`, events }, ACTOR);
  }
  const admin = await openAdmin(url);
  await admin.query(`SET plan_cache_mode = ${mode}; SET enable_seqscan = off`);
  const session = new PlanSession(admin, false, new StatementClock(admin, 30_000));
  return { session, pages: new PageStatements(tablesOf(schemaOf(url))) };
}

/** The partitions that were looked into. */
function touched(plan: string): string[] {
  const scans = plan
    .split("\n")
    .filter((line) => /Scan.* on events_\d+/.test(line) && !line.includes("never executed"));
  return [...new Set(scans.map((line) => /on (events_\d+)/.exec(line)?.[1] ?? ""))].sort();
}

test.each(["force_generic_plan", "force_custom_plan"] as const)(
  "a page by offset looks only into the partitions that it lies in, and that of the event before (%s)",
  async (mode) => {
    const { session, pages } = await planned(mode);
    await pages.ofLog(session, 35, 38);
    await pages.ofLog(session, 35, 43);
    await pages.ofLog(session, 41, 44);
    expect(session.plans.map(touched)).toEqual([["events_31"], ["events_31", "events_41"], ["events_31", "events_41"]]);
  },
);

test.each(["force_generic_plan", "force_custom_plan"] as const)(
  "a stream is looked up by an index in each partition, and no partition is read whole (%s)",
  async (mode) => {
    const { session, pages } = await planned(mode);
    await pages.startOfStream(session, "session-3", 1, 100, undefined);
    await pages.lastOf(session, "session-3", {});
    for (const plan of session.plans) expect(plan).not.toContain("Seq Scan");
    expect(session.plans.map((plan) => touched(plan).length)).toEqual([21, 21]);
  },
);
