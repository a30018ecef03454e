/**
 * Migrates a log and prints a line for each batch that is durable, and "done" with the result. With `uid` it becomes that
 * user first, once everything is loaded: no mode of a file stops root. With `cutover` it cuts over, says when it is about
 * to switch the configuration, and stands still there.
 *
 * Arguments: source target [batch events] [uid] [cutover]
 */
import Database from "better-sqlite3";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";

const [source = "", target = "", batch = "5000", uid = "", cutover = ""] = process.argv.slice(2);
if (uid !== "") {
  new Database(":memory:").close(); // loads the native driver, which the other user may not be able to reach
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const standStill = async () => {
  say({ phase: "switching" });
  await new Promise((resolve) => setTimeout(resolve, 600_000));
  return undefined;
};
const migrator = new CrossDatabaseMigrator({ actor: "agent:worker", open: { lockTimeoutMs: 1000 } });
try {
  const plan = await migrator.planMigration(source, target);
  say({ planned: plan.events, obstacles: plan.obstacles.map(({ code }) => code) });
  const report = await migrator.executeMigration(plan, {
    batchEvents: Number(batch),
    cutover: cutover !== "",
    ...(cutover === "" ? {} : { switchConfig: standStill }),
    onProgress: ({ phase, done }) => say({ phase, done }),
  });
  say({ done: true, id: report.id, events: report.events });
} catch (error) {
  const { code, message } = error as { code?: unknown; message: string };
  say({ code: code ?? "NONE", message });
}
