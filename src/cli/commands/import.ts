import type { Command } from "commander";
import { expandPath } from "../../config/paths.js";
import { readMinskyJson } from "../../import/minsky-json.js";
import { maskUrl } from "../../log/mask-url.js";
import { readMinskyPostgres, readMinskySqlite } from "../../open-foreign.js";
import { examples, leaf, noun, type RunState } from "../command.js";
import { type ImportOptions, runImport, withImportOptions } from "../import-run.js";
import { addressOf } from "../written-address.js";
import { STANDARD } from "../written-file.js";
import { importAiWebhookCommand, importAiWebhookPostgresCommand } from "./import-ai-webhook.js";
import { connectPgSimpleCommand, towerSessionsCommand } from "./import-web.js";

export function importCommand(state: RunState): Command {
  return noun("import", "take over sessions from other systems; the source is only read", [
    minskyJson(state),
    minskySqlite(state),
    minskyPostgres(state),
    towerSessionsCommand(state),
    connectPgSimpleCommand(state),
    importAiWebhookCommand(state),
    importAiWebhookPostgresCommand(state),
  ]);
}

function minskyJson(state: RunState): Command {
  const summary = "take over a session-db.json of Minsky, in any of its layouts; FILE - is standard input";
  const command = leaf<ImportOptions>(state, "minsky-json <file>", summary, (context, written = "") => {
    if (written === STANDARD) {
      return runImport(context, { source: "minsky-json:-", read: () => readMinskyJson("stdin", process.stdin) });
    }
    const file = expandPath(written);
    return runImport(context, { source: `minsky-json:${file}`, file, read: () => readMinskyJson(file) });
  });
  return examples(withImportOptions(command), [
    "sessiondb import minsky-json session-db.json --dry-run --store sqlite:./s.db",
    "sessiondb import minsky-json session-db.json --store sqlite:./s.db",
  ]);
}

function minskySqlite(state: RunState): Command {
  const summary = "take over the SQLite database of Minsky, of any era";
  const command = leaf<ImportOptions>(state, "minsky-sqlite <file>", summary, (context, written = "") => {
    const file = expandPath(written);
    return runImport(context, { source: `minsky-sqlite:${file}`, file, read: () => readMinskySqlite(file) });
  });
  return examples(withImportOptions(command), ["sessiondb import minsky-sqlite sessions.db --store sqlite:./s.db"]);
}

function minskyPostgres(state: RunState): Command {
  const summary = "take over the Postgres database of Minsky; URL, or env:NAME of a variable that holds it";
  const command = leaf<ImportOptions>(state, "minsky-postgres <url>", summary, (context, source = "") => {
    const url = addressOf(source, context.streams);
    return runImport(context, { source: `minsky-postgres:${maskUrl(url)}`, read: () => readMinskyPostgres(url) });
  });
  return examples(withImportOptions(command), [
    "sessiondb import minsky-postgres env:MINSKY_POSTGRES_URL --store sqlite:./s.db --report report.json",
  ]);
}
