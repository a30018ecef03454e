/** Migrates one log as the command does, and prints what counts. Arguments: source target */
import { boundedHeap } from "../../src/cli/bounded-heap.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";

const [source = "", target = ""] = process.argv.slice(2);
const began = performance.now();
const migrator = new CrossDatabaseMigrator({ actor: "agent:bench" });
const onProgress = boundedHeap();
const plan = await migrator.planMigration(source, target, { onProgress });
const planMs = performance.now() - began;
const { events, durations } = await migrator.executeMigration(plan, { onProgress, onPiece: onProgress });
const ms = performance.now() - began;
// ru_maxrss is in KiB.
const maxRssBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ ms, events, planMs, ...durations, maxRssBytes }));
