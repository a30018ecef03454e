import type { AuditEntry } from "../inspect/audit.js";
import type { AuditGroup, GroupBy } from "../inspect/audit-groups.js";
import { type Column, minuteOf } from "./output/table.js";
import { placeName } from "./session-point.js";

/** A side of a row: in a table under `title`, in CSV under `name`. */
export interface Side<Row> extends Column<Row> {
  readonly name: string;
}

/** @param human for a terminal: times without seconds */
export function entrySides(human: boolean): Side<AuditEntry>[] {
  return [
    { title: "OFFSET", name: "offset", value: ({ offset }) => offset, align: "right" },
    { title: "TIME", name: "recordedAt", value: ({ recordedAt }) => timeText(recordedAt, human) },
    { title: "ACTOR", name: "actor", value: ({ actor }) => actor, narrow: 16 },
    { title: "SESSION", name: "session", value: ({ session, stream }) => session ?? `(${stream})`, narrow: 16 },
    { title: "TYPE", name: "type", value: ({ type }) => type, narrow: 16 },
    { title: "PATHS", name: "paths", value: pathsText, narrow: 16 },
    { title: "WHY", name: "reason", value: ({ reason }) => reason, narrow: 12 },
  ];
}

/** @param others whether there is a column of the streams that are no sessions */
export function groupSides(by: GroupBy, human: boolean, others: boolean): Side<AuditGroup>[] {
  const otherStreams: Side<AuditGroup> = {
    title: "OTHER",
    name: "otherStreams",
    value: ({ otherStreams }) => otherStreams,
    align: "right",
  };
  const paths: Side<AuditGroup> = { title: "PATHS", name: "paths", value: pathsText, narrow: 24 };
  return [
    { title: by.toUpperCase(), name: by, value: ({ key }) => (by === "path" ? pathKey(key) : key), narrow: 16 },
    { title: "EVENTS", name: "events", value: ({ events }) => events, align: "right" },
    { title: "SESSIONS", name: "sessions", value: ({ sessions }) => sessions, align: "right" },
    ...(others ? [otherStreams] : []),
    ...(by === "path" ? [] : [paths]),
    { title: "LAST", name: "last", value: ({ last }) => timeText(last, human) },
  ];
}

function pathKey(key: string | null): string | null {
  return key === null ? null : placeName(key);
}

function pathsText({ paths }: { readonly paths: readonly string[] }): string {
  return paths.map(placeName).join(" ");
}

function timeText(time: string, human: boolean): string {
  return human ? minuteOf(time) : time;
}
