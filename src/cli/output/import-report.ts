import type { ImportReport } from "../../import/report.js";
import type { FirstStart } from "../../session/first-start.js";
import type { Streams } from "./streams.js";

/** Notes of one kind on the terminal; the report file has all of them. */
const MAX_NOTES = 50;

/** @param dryRun nothing of it was done */
export function importSummary(report: ImportReport, dryRun: boolean): string {
  const { read, imported, updated, unchanged, duplicates, repaired, refused } = report;
  return `${read} read, ${imported} ${dryRun ? "would be imported" : "imported"}, ${updated} updated, ${unchanged} unchanged, ${duplicates} duplicates, ${repaired} repaired, ${refused} refused`;
}

/** What became of single records, on stderr: what was refused first. */
export function tellImport(streams: Streams, { notes }: ImportReport, remarks: readonly string[]): void {
  for (const remark of remarks) streams.note(`remark: ${remark}`);
  for (const kind of ["refused", "duplicate", "repaired", "remark"] as const) {
    const some = notes.filter((note) => note.kind === kind);
    for (const { place, why } of some.slice(0, MAX_NOTES)) streams.note(`${kind}${place && ` ${place}`}: ${why}`);
    const more = some.length - MAX_NOTES;
    if (more > 0) streams.note(`${kind}: ${more} more; --report FILE writes all of them`);
  }
}

/** @returns whether records were refused */
export function tellFirstStart(streams: Streams, { file, log, report, remarks }: FirstStart, dryRun: boolean): boolean {
  if (report === undefined) return false;
  streams.notice(
    `first start: ${dryRun ? "would take over" : "took over"} ${file} into ${log.url}; the file stays as it is`,
  );
  streams.notice(importSummary(report, dryRun));
  tellImport(streams, report, remarks);
  if (report.refused === 0) return false;
  streams.notice(
    `${report.refused} records ${dryRun ? "would be" : "were"} refused; for the reasons: sessiondb import minsky-json ${file} --report FILE`,
  );
  return true;
}
