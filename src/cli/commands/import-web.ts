import type { Command } from "commander";
import { addressParts, isServerAddress } from "../../config/address.js";
import { expandPath } from "../../config/paths.js";
import { defined } from "../../defined.js";
import type { WebSessionReadOptions, WebSessionRecord } from "../../import/web-session.js";
import { type ForeignRead, readConnectPgSimple, readTowerSessions } from "../../open-foreign.js";
import { examples, leaf, type RunState } from "../command.js";
import { withImportOptions } from "../import-run.js";
import { runWebImport, type WebImportRunOptions } from "../web-import-run.js";
import { keysOption, onWebStore } from "../web-leaf.js";
import { addressOf } from "../written-address.js";

type Read = (address: string, options: WebSessionReadOptions) => ForeignRead<WebSessionRecord>;

export function towerSessionsCommand(state: RunState): Command {
  const summary = "take over login sessions of tower-sessions: a SQLite file, postgres://…, or env:NAME";
  return examples(webImport(state, "tower-sessions", summary, readTowerSessions), [
    "sessiondb import tower-sessions app.db --dry-run --store sqlite:./web.db",
    "sessiondb import tower-sessions app.db --store sqlite:./web.db",
  ]);
}

export function connectPgSimpleCommand(state: RunState): Command {
  const summary =
    "take over login sessions of connect-pg-simple: postgres://…, or env:NAME of a variable that holds it";
  return examples(webImport(state, "connect-pg-simple", summary, readConnectPgSimple), [
    "sessiondb import connect-pg-simple env:OLD_SESSION_URL --store sqlite:./web.db --json",
  ]);
}

function webImport(state: RunState, kind: string, summary: string, read: Read): Command {
  const command = leaf<WebImportRunOptions>(state, `${kind} <source>`, summary, (context, written = "") => {
    const given = addressOf(written, context.streams);
    const file = isServerAddress(given) ? undefined : fileOf(given);
    const { table } = context.options;
    const found = read(file ?? given, { keepSecrets: true, ...defined({ table }) });
    return runWebImport(context, found, file);
  });
  return withImportOptions(onWebStore(command))
    .option("--table <name>", "where the sessions are, unless in the table that the store makes by itself")
    .option("--user-path <path>", "where in a session its user's id stands: user_id, passport.user.id")
    .addOption(keysOption());
}

/** Whole, so that the source has the same name wherever the command is run. */
function fileOf(address: string): string {
  const { scheme, rest } = addressParts(address);
  return expandPath(scheme === "sqlite" ? rest : address);
}
