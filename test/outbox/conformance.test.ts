import { describe, test } from "vitest";
import { OutboxLog } from "../../src/outbox/outbox-log.js";
import { conformanceSuite } from "../../src/testing.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

describe("OutboxLog keeps the promises of EventLog while its server is there", () => {
  const urls = new Map<string, Promise<string>>();
  const urlOf = (name: string) => {
    const url = urls.get(name) ?? freshPostgresUrl();
    urls.set(name, url);
    return url;
  };
  const outboxRoot = tempDir();
  conformanceSuite(test, {
    open: async (name, options) => OutboxLog.open(await urlOf(name), { ...options, outboxRoot, pollMs: 50 }),
  });
});
