import { beforeAll, describe, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { conformanceSuite } from "../../src/testing.js";
import { HAS_POOLER, type Pooler, startPooler } from "../support/pooler.js";
import { freshPostgresUrl } from "../support/postgres.js";

describe.skipIf(!HAS_POOLER)("PostgresLog keeps the promises of EventLog behind pgbouncer in transaction mode", () => {
  let pooler: Pooler;
  beforeAll(async () => {
    pooler = await startPooler(await freshPostgresUrl());
  });
  const urls = new Map<string, Promise<string>>();
  const urlOf = async (name: string) => {
    const url = urls.get(name) ?? freshPostgresUrl();
    urls.set(name, url);
    return pooler.through(await url);
  };
  conformanceSuite(test, {
    open: async (name, options) => PostgresLog.open(await urlOf(name), { ...options, pollMs: 50 }),
  });
});
