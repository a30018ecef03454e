import { describe, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { conformanceSuite } from "../../src/testing.js";

describe("memory", () => {
  conformanceSuite(test, {
    open: async (_name, options) => new MemoryLog(options),
  });
});
