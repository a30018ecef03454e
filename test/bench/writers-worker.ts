/** A writer in a process of its own: opens a store, says so, and appends as often as it is told to. */
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { appenderOf } from "./append-and-read.js";
import { EmmettPostgresStore } from "./emmett-postgres-store.js";

const [kind, url = "", stream = ""] = process.argv.slice(2);
const store = kind === "ours" ? appenderOf(await PostgresLog.open(url, {})) : new EmmettPostgresStore(url, "there");
let n = 0;
process.on("message", async (appends: number) => {
  for (let i = 0; i < appends; i++) await store.append(stream, 1, n++);
  process.send?.("done");
});
await store.append(stream, 1, n++);
process.send?.("ready");
