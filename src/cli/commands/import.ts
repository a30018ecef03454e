import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { readMinskyJson } from "../../import/minsky-json.js";
import type { ImportReport } from "../../import/report.js";
import { importRecords } from "../../session/import-records.js";
import { SessionStore } from "../../session/session-store.js";
import { type CommandContext, type CommonOptions, examples, leaf, noun, type RunState } from "../command.js";
import { EXIT } from "../exit-code.js";

interface ImportOptions extends CommonOptions {
  report?: string;
  reason?: string;
}

export function importCommand(state: RunState): Command {
  const minskyJson = leaf<ImportOptions>(
    state,
    "minsky-json <file>",
    "take over a session-db.json of Minsky, in any of its layouts; the file stays as it is",
    importMinskyJson,
  )
    .option("--report <file>", "write the whole report as JSON")
    .option("--reason <text>", "why, for the audit trail");
  examples(minskyJson, ["sessiondb import minsky-json session-db.json --store sqlite:./s.db"]);
  return noun("import", "take over sessions from other systems", [minskyJson]);
}

/** Exit code 1 where records were refused: a script must not take a part for the whole. */
async function importMinskyJson(
  { openStore, options, streams }: CommandContext<ImportOptions>,
  file: string,
): Promise<number> {
  const found = await readMinskyJson(file);
  const log = await openStore();
  const store = new SessionStore(log, options.actor === undefined ? {} : { actor: options.actor });
  const report = await importRecords(store, found.records, {
    source: `minsky-json:${file}`,
    layout: found.layout,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  if (options.report !== undefined)
    writeFileSync(options.report, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  if (streams.json)
    streams.document({
      schema: "import/1",
      store: log.url,
      offset: (await log.tail()).offset,
      ...report,
      remarks: found.remarks,
    });
  else {
    streams.lines([`${file} (${found.layout}) → ${log.url}`, summaryLine(report)]);
    for (const remark of found.remarks) streams.note(`remark: ${remark}`);
    for (const { kind, place, why } of report.notes) streams.note(`${kind} ${place}: ${why}`);
  }
  return report.refused > 0 ? EXIT.failed : EXIT.done;
}

function summaryLine(report: ImportReport): string {
  const { read, imported, updated, unchanged, duplicates, repaired, refused } = report;
  return `${read} read, ${imported} imported, ${updated} updated, ${unchanged} unchanged, ${duplicates} duplicates, ${repaired} repaired, ${refused} refused`;
}
