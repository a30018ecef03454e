import { describe, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { conformanceSuite } from "../../src/testing.js";
import { freshPostgresUrl } from "../support/postgres.js";

describe.each([
  ["alone", {}],
  ["where others append all the time", { contended: true }],
])("PostgresLog keeps the promises of EventLog: %s", (_way, more) => {
  const urls = new Map<string, Promise<string>>();
  const urlOf = (name: string) => {
    const url = urls.get(name) ?? freshPostgresUrl();
    urls.set(name, url);
    return url;
  };
  conformanceSuite(test, {
    open: async (name, options) => PostgresLog.open(await urlOf(name), { ...options, ...more, pollMs: 50 }),
  });
});
