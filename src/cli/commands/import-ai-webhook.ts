import type { Command } from "commander";
import { CollaborativeSessions } from "../../collab/collaborative-sessions.js";
import { importCollab } from "../../collab/import-collab.js";
import { expandPath } from "../../config/paths.js";
import type { CollabRecord } from "../../import/collab-record.js";
import { type ForeignRead, readAiWebhook, readAiWebhookPostgres } from "../../open-foreign.js";
import { assertNotStore } from "../../session/store-file.js";
import { type CommandContext, examples, leaf, type RunState } from "../command.js";
import { endImport } from "../end-import.js";
import { type ImportOptions, openReport, withImportOptions } from "../import-run.js";
import { stoppableImport } from "../stoppable-import.js";
import { addressOf } from "../written-address.js";

export function importAiWebhookCommand(state: RunState): Command {
  const summary = "take over the collaborative sessions of ai-webhook from a folder";
  const command = leaf<ImportOptions>(state, "ai-webhook <folder>", summary, (context, folder = "") =>
    run(context, readAiWebhook(expandPath(folder))),
  );
  return examples(withImportOptions(command), [
    "sessiondb import ai-webhook webhook --dry-run --store sqlite:./s.db",
    "sessiondb import ai-webhook webhook --store sqlite:./s.db --report report.json",
  ]);
}

export function importAiWebhookPostgresCommand(state: RunState): Command {
  const summary = "take over the Postgres database of ai-webhook; URL, or env:NAME of a variable that holds it";
  const command = leaf<ImportOptions>(state, "ai-webhook-postgres <url>", summary, (context, url = "") =>
    run(context, readAiWebhookPostgres(addressOf(url, context.streams))),
  );
  return examples(withImportOptions(command), [
    "sessiondb import ai-webhook-postgres env:AI_WEBHOOK_POSTGRES_URL --store sqlite:./s.db",
  ]);
}

/** Records between two lines of progress. */
const PROGRESS_EVERY = 100;

function run(context: CommandContext<ImportOptions>, found: ForeignRead<CollabRecord>): Promise<number> {
  return stoppableImport((goOn) => takeOver(context, found, goOn));
}

/** Record by record. */
async function takeOver(
  context: CommandContext<ImportOptions>,
  found: ForeignRead<CollabRecord>,
  goOn: () => void,
): Promise<number> {
  const { options, openStore, streams } = context;
  const records = await begun(found.records, (read) => {
    if (read % PROGRESS_EVERY === 0) streams.progress(`${read} records read`);
    goOn();
  });
  const file = await openReport(options.report, undefined);
  try {
    const log = await openStore({ trial: options.dryRun === true });
    if (file !== undefined) assertNotStore(file.path, log.url);
    const collab = new CollaborativeSessions(log, options.actor === undefined ? {} : { actor: options.actor });
    const note = options.reason === undefined ? {} : { reason: options.reason };
    const report = await importCollab(collab, records, found.report, note);
    streams.progress("");
    return await endImport(context, log, file, {
      document: { schema: "import/1", ...report, remarks: [] },
      source: report.source,
    });
  } finally {
    await file?.discard();
    await found.records.return();
  }
}

/** A source that cannot be read makes no store: its first record is read before the store is opened. */
async function begun(
  records: AsyncGenerator<CollabRecord, void, undefined>,
  onProgress: (read: number) => void,
): Promise<AsyncIterable<CollabRecord>> {
  const first = await records.next();
  let read = 0;
  async function* all() {
    if (first.done !== true) yield first.value;
    for await (const record of records) {
      yield record;
      onProgress(++read);
    }
  }
  return all();
}
