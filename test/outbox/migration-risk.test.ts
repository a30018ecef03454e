import { join } from "node:path";
import { expect, test } from "vitest";
import { event } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { tempDir } from "../support/temp.js";
import { ACTOR, OutboxWorld } from "./outbox-world.js";

test("the plan of a migration names what waits for its server on this machine", async () => {
  const world = await OutboxWorld.start();
  const log = await world.open();
  await log.append({ stream: "session-a", events: [event()] }, ACTOR);
  const migrator = new CrossDatabaseMigrator({ outboxRoot: world.root });
  const risks = async () => (await migrator.planMigration(world.url, `jsonl:${join(tempDir(), "s.jsonl")}`)).risks;
  expect(await risks()).toEqual([]);
  world.cut();
  await log.append({ stream: "session-a", events: [event()] }, ACTOR);
  await log.append({ stream: "session-b", events: [event()] }, ACTOR);
  world.mend();
  expect(await risks()).toEqual([expect.stringContaining("2 appends wait on this machine")]);
  expect(
    await new CrossDatabaseMigrator({ outboxRoot: tempDir() }).validateCompatibility(world.url, "jsonl:./none.jsonl"),
  ).toMatchObject({ warnings: [] });
});
