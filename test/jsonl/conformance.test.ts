import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { conformanceSuite } from "../../src/testing.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("jsonl", () => {
  conformanceSuite(test, {
    open: (name, options) => JsonlLog.open(join(folder, `${name}.jsonl`), { ...options, pollMs: 20 }),
  });
});

describe("jsonl in segments of a line or two", () => {
  conformanceSuite(test, {
    open: (name, options) => {
      const path = join(folder, `${name}-in-segments.jsonl`);
      return JsonlLog.open(path, { ...options, pollMs: 20, segmentBytes: 700 });
    },
  });
});
