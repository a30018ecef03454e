import { beforeAll, describe, expect, test } from "vitest";
import { probeStore } from "../../src/backends/unopened-store.js";
import { PostgresServerExam } from "../../src/log/sql/postgres/postgres-exam.js";
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

test.skipIf(!HAS_POOLER)(
  "what is asked once is answered, though the pooler hands on what others have prepared",
  async () => {
    const url = await freshPostgresUrl();
    await (await PostgresLog.open(url)).close();
    const address = (await startPooler(url)).through(url);
    const exam = new PostgresServerExam(address);
    for (let n = 0; n < 6; n++) {
      expect(await probeStore(address, {})).toMatchObject({ sizeBytes: expect.any(Number) });
      expect(await exam.facts()).toMatchObject({ inRecovery: false });
      expect(await exam.sizes()).toBeDefined();
    }
  },
);
