import type { PostgresFacts } from "../../log/store-exam.js";
import type { Check } from "./check.js";
import { advice, command, ok, type Seen, sql } from "./finding.js";

/** Whether what the server confirms is on its disk. */
export const serverCheck: Check = {
  name: "server",
  async look(patient) {
    const exam = await patient.exam();
    return exam?.kind === "postgres" ? serverSettings(await exam.facts()) : [];
  },
};

export function serverSettings(facts: Omit<PostgresFacts, "schema">): Seen[] {
  const { host, serverVersion, fsync, fullPageWrites, synchronousCommit, inRecovery, unlogged } = facts;
  const seen: Seen[] = [];
  if (fsync !== "on")
    seen.push(switchedOff("fsync", "a crash of the machine loses confirmed events, or the whole database"));
  if (fullPageWrites !== "on") {
    seen.push(
      switchedOff("full_page_writes", "a crash of the machine may leave half-written pages, which nothing mends"),
    );
  }
  seen.push(...unlogged.map(emptied));
  if (inRecovery) seen.push(standby());
  const commits = ["on", "remote_apply"].includes(synchronousCommit)
    ? `synchronous_commit=${synchronousCommit}`
    : `synchronous_commit=${synchronousCommit} here, and on for every append: sessiondb sets it itself`;
  return [...seen, ok("settings", `Postgres ${serverVersion}${host === "" ? "" : ` at ${host}`}, ${commits}`)];
}

function switchedOff(setting: string, why: string): Seen {
  const mend = sql(`ALTER SYSTEM SET ${setting} = on; SELECT pg_reload_conf()`);
  return {
    code: setting.replaceAll("_", "-"),
    severity: "bad",
    what: `the server runs with ${setting}=off`,
    why,
    mend,
  };
}

function emptied(table: string): Seen {
  return {
    code: "unlogged",
    severity: "bad",
    what: `the table ${table} is UNLOGGED`,
    why: "after a crash the server empties it, with all that was confirmed",
    mend: sql(`ALTER TABLE ${table} SET LOGGED`),
  };
}

function standby(): Seen {
  return {
    code: "standby",
    severity: "warn",
    what: "this server is a standby: it only reads",
    why: "every append is refused",
    mend: advice("name the primary in the address"),
  };
}

/** Whether the standby that is to be read can be, and how far it is behind. */
export const standbyCheck: Check = {
  name: "standby",
  async look(patient) {
    const place = await (await patient.log()).readPlace?.();
    if (place === undefined) return [];
    const { url, offset, primaryOffset, fault = "it does not answer" } = place;
    const primary = primaryOffset === null ? "the primary is away" : `the primary is at ${primaryOffset}`;
    if (offset !== null) return [ok("standby-read", `${url} is read, as of offset ${offset}; ${primary}`)];
    return [
      {
        code: "standby-unused",
        severity: "warn",
        what: `${url} is to be read, and is not: ${fault}`,
        why: "every read goes to the primary",
        mend: advice("mend the standby, or name another one: sessiondb.postgres.readUrl, or read_hosts in the address"),
      },
    ];
  },
};

/** Whether appends of others are heard at once: behind a pooler in transaction mode LISTEN succeeds and hears nothing. */
export const poolerCheck: Check = {
  name: "listen",
  async look(patient) {
    const exam = await patient.exam();
    if (exam?.kind !== "postgres") return [];
    if (await exam.hearsNotifications())
      return [ok("heard", "notifications arrive: appends of others are seen at once")];
    return [
      {
        code: "pooler",
        severity: "warn",
        what: "a notification was sent and did not arrive: there is a pooler in transaction mode in between",
        why: "nothing is missed, but appends of others are only seen by looking, once a second",
        mend: command('printf %s "$DIRECT_URL" | sessiondb config set postgres.listenUrl -'),
      },
    ];
  },
};
