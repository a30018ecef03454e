import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { type Appender, appendAndRead, appenderOf } from "./append-and-read.js";
import { EMMETT_POSTGRES, EmmettPostgresStore } from "./emmett-postgres-store.js";
import type { Bench } from "./measure.js";
import { ownDatabase } from "./own-database.js";
import { named } from "./peers.js";

export async function emmettPostgresBench(url: string): Promise<Bench> {
  const [written, read] = [await pair(url, "written"), await pair(url, "read")];
  const facts = {
    backend: "Postgres",
    peer: named(EMMETT_POSTGRES),
    durability: "synchronous_commit=on, both; TCP",
    atLeast: [2, 1.4, 2.2] as const,
    appends: 100,
  };
  const close = async () => {
    for (const { log, store } of [written, read]) {
      await store.close();
      await log.close();
    }
  };
  return { comparisons: await appendAndRead(facts, written.appenders, read.appenders), close };
}

async function pair(url: string, name: string) {
  const log = await PostgresLog.open(await ownDatabase(url, `ours_${name}`), {});
  const store = new EmmettPostgresStore(await ownDatabase(url, `emmett_${name}`), "made");
  return { log, store, appenders: [appenderOf(log), store] as readonly [Appender, Appender] };
}
