import type { SessionDocument } from "../../../projections/sessions.js";
import { relativeTime } from "./relative-time.js";
import { type Column, renderTable } from "./table.js";

/** A table of sessions. `width`, of a terminal, narrows it and tells times as people do; a pipe gets everything. */
export function sessionRows(
  documents: readonly SessionDocument[],
  width: number | undefined,
  now: Date = new Date(),
  health?: (document: SessionDocument) => string,
): string[] {
  const time = ({ updatedAt }: SessionDocument) => (width === undefined ? updatedAt : relativeTime(updatedAt, now));
  const columns: Column<SessionDocument>[] = [
    { title: "SESSION", value: ({ id }) => id, narrow: 14 },
    { title: "STATUS", value: ({ record }) => text(record.status), narrow: 8 },
    ...(health === undefined ? [] : [{ title: "HEALTH", value: health }]),
    { title: "TASK", value: ({ record }) => text(record.taskId), narrow: 8 },
    { title: "BRANCH", value: ({ record }) => text(record.branch), narrow: 12 },
    { title: "LAST BY", value: ({ lastActor }) => lastActor, narrow: 12 },
    { title: "UPDATED", value: time },
    { title: "EVENTS", value: ({ version }) => version, align: "right" },
  ];
  return renderTable(documents, columns, width);
}

function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}
