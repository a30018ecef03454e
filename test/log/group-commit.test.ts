import { expect, test } from "vitest";
import { ACTOR, event } from "../../src/conformance/target.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";

test("appends in a loop leave turns of the event loop to others", async () => {
  const log = new MemoryLog();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const end = performance.now() + 200;
  while (performance.now() < end) await log.append({ stream: "session-a", events: [event()] }, ACTOR);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
});
