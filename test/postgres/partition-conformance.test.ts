import { describe, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { conformanceSuite } from "../../src/testing.js";
import { partitionedUrl } from "./partitioned.js";

describe("a log in partitions of two events keeps the promises of EventLog", () => {
  const urls = new Map<string, Promise<string>>();
  const urlOf = (name: string) => {
    const url = urls.get(name) ?? partitionedUrl(2);
    urls.set(name, url);
    return url;
  };
  conformanceSuite(test, {
    open: async (name, options) => PostgresLog.open(await urlOf(name), { ...options, pollMs: 50 }),
  });
});
