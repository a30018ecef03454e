import type { Command } from "commander";
import { CollaborativeSessions } from "../../collab/collaborative-sessions.js";
import { importCollab } from "../../collab/import-collab.js";
import { expandPath } from "../../config/paths.js";
import type { CollabRecord } from "../../import/collab-record.js";
import { type ForeignRead, readAiWebhook, readAiWebhookPostgres } from "../../open-foreign.js";
import { assertNotStore } from "../../session/store-file.js";
import { type CommandContext, examples, leaf, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";
import { type ImportOptions, openReport, withReport } from "../import-run.js";
import { importSummary, tellImport } from "../output/import-report.js";
import { addressOf } from "../written-address.js";

export function importAiWebhookCommand(state: RunState): Command {
  const summary = "take over the collaborative sessions of ai-webhook from a folder";
  const command = leaf<ImportOptions>(state, "ai-webhook <folder>", summary, (context, folder = "") =>
    run(context, readAiWebhook(expandPath(folder))),
  );
  return examples(withReport(command), [
    "sessiondb import ai-webhook webhook --store sqlite:./s.db --report report.json",
  ]);
}

export function importAiWebhookPostgresCommand(state: RunState): Command {
  const summary = "take over the Postgres database of ai-webhook; URL, or env:NAME of a variable that holds it";
  const command = leaf<ImportOptions>(state, "ai-webhook-postgres <url>", summary, (context, url = "") =>
    run(context, readAiWebhookPostgres(addressOf(url, context.streams))),
  );
  return examples(withReport(command), [
    "sessiondb import ai-webhook-postgres env:AI_WEBHOOK_POSTGRES_URL --store sqlite:./s.db",
  ]);
}

/** Record by record. Exit code 1 where some were refused: a script must not take a part for the whole. */
async function run(context: CommandContext<ImportOptions>, found: ForeignRead<CollabRecord>): Promise<number> {
  const { options, openStore, streams } = context;
  const records = await begun(found.records);
  const file = await openReport(options.report, undefined);
  try {
    const log = await openStore();
    if (file !== undefined) assertNotStore(file.path, log.url);
    const collab = new CollaborativeSessions(log, options.actor === undefined ? {} : { actor: options.actor });
    const note = options.reason === undefined ? {} : { reason: options.reason };
    const report = await importCollab(collab, records, found.report, note);
    const document = { schema: "import/1", store: log.url, offset: (await log.tail()).offset, ...report, remarks: [] };
    await file?.write(`${JSON.stringify(document, null, 2)}\n`);
    await file?.commit();
    if (streams.json) streams.document(document);
    else {
      streams.lines([`${report.source} → ${log.url}`, importSummary(report)]);
      tellImport(streams, report, []);
    }
    return report.refused > 0 ? EXIT.failed : EXIT.done;
  } finally {
    await file?.discard();
    await found.records.return();
  }
}

/** A source that cannot be read makes no store: its first record is read before the store is opened. */
async function begun(records: AsyncGenerator<CollabRecord, void, undefined>): Promise<AsyncIterable<CollabRecord>> {
  const first = await records.next();
  async function* all() {
    if (first.done !== true) yield first.value;
    yield* records;
  }
  return all();
}
