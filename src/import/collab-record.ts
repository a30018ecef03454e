import { type Json, MAX_DEPTH } from "../log/canonical.js";
import { instantOf, isoOf } from "./instant.js";
import { maskSecrets } from "./mask-secrets.js";
import type { ImportNote, ImportReport } from "./report.js";

/** What ai-webhook keeps of a collaborative session; `extracted` and `transcript` only its files have. */
export type CollabKind = "session" | "chunk" | "memory" | "task" | "artifact" | "agent" | "extracted" | "transcript";

export interface CollabRecord {
  readonly kind: CollabKind;
  /** The session that it belongs to; of a session, its own id. undefined for agents, and tasks of no session. */
  readonly session: string | undefined;
  /** Unique within its kind and session. */
  readonly id: string;
  /** All else, in camelCase. Times are ISO 8601, UTC; what could not be read as a time stays as it was. */
  readonly fields: { readonly [member: string]: Json };
  /** Its reader had to change something of it, and has counted it as repaired. */
  readonly repaired?: true;
}

/** What is wrong with one record; the others are read. */
export class CollabFault extends Error {}

interface KindRules {
  readonly idMembers: readonly string[];
  readonly statuses?: readonly string[];
  readonly types?: readonly string[];
}

const MEMORY_TYPES = "idea decision question action_item context preference fact risk general".split(" ");
const RULES: Readonly<Record<CollabKind, KindRules>> = {
  session: { idMembers: ["session_id", "id"], statuses: ["active", "paused", "completed"] },
  chunk: { idMembers: ["chunk_id"] },
  memory: { idMembers: ["key"], types: MEMORY_TYPES },
  task: {
    idMembers: ["task_id", "id"],
    statuses: ["pending", "claimed", "running", "completed", "failed", "cancelled"],
  },
  artifact: { idMembers: ["id"] },
  agent: { idMembers: ["name"], statuses: ["available", "busy", "offline", "error"] },
  extracted: { idMembers: ["key"] },
  transcript: { idMembers: ["id"] },
};

/** Members that hold times, in any kind. */
const TIMES = new Set(
  "created updated last_activity completed_at start_time end_time timestamp started completed claimed_at last_heartbeat".split(
    " ",
  ),
);

export interface CollabFound {
  readonly kind: CollabKind;
  /** For the report. */
  readonly place: string;
  /** As it was found, in snake_case. */
  readonly members: { readonly [member: string]: Json };
  readonly session?: string;
  readonly repairs?: readonly string[];
  readonly remarks?: readonly string[];
}

/** The record, counted and told in `report`; undefined where it was refused. */
export function collabRecord(found: CollabFound, report: ImportReport): CollabRecord | undefined {
  const repairs = [...(found.repairs ?? [])];
  const remarks = [...(found.remarks ?? [])];
  report.read++;
  try {
    const record = recordOf(found, repairs, remarks);
    if (repairs.length > 0) report.repaired++;
    const tell = (kind: ImportNote["kind"]) => (why: string) =>
      note(report, { kind, place: found.place, id: record.id, why });
    repairs.forEach(tell("repaired"));
    remarks.forEach(tell("remark"));
    return repairs.length > 0 ? { ...record, repaired: true } : record;
  } catch (error) {
    if (!(error instanceof CollabFault)) throw error;
    report.refused++;
    note(report, { kind: "refused", place: found.place, id: undefined, why: error.message });
    return undefined;
  }
}

/** For what was found but is no record at all. */
export function refuseCollab(place: string, why: string, report: ImportReport): void {
  report.read++;
  report.refused++;
  note(report, { kind: "refused", place, id: undefined, why });
}

export function note(report: ImportReport, one: ImportNote): void {
  (report.notes as ImportNote[]).push(one);
}

function recordOf({ kind, members, session }: CollabFound, repairs: string[], remarks: string[]): CollabRecord {
  const rules = RULES[kind];
  const idMember = rules.idMembers.find((name) => isId(own(members, name)));
  if (idMember === undefined) throw new CollabFault(`it has no ${rules.idMembers.join(" or ")}`);
  if (depthOf(members) > MAX_DEPTH) throw new CollabFault(`it is nested deeper than ${MAX_DEPTH} levels`);
  const id = String(members[idMember]);
  const named = own(members, "session_id");
  const owner = kind === "session" ? id : (session ?? (isId(named) ? String(named) : undefined));
  const fields = Object.entries(members)
    .filter(([name]) => name !== idMember && name !== "session_id")
    .map(([name, value]): [string, Json] => {
      const masked = maskSecrets(value, [name], repairs);
      return [fieldName(name, members, remarks), fieldOf(name, masked, rules, { repairs, remarks })];
    });
  return { kind, session: owner, id, fields: Object.fromEntries(fields) };
}

function fieldOf(
  name: string,
  value: Json,
  { statuses, types }: KindRules,
  { repairs, remarks }: { readonly repairs: string[]; readonly remarks: string[] },
): Json {
  if (TIMES.has(name)) return timeOf(name, value, remarks);
  const known = name === "status" ? statuses : name === "type" ? types : undefined;
  if (known === undefined || value === null || known.includes(String(value))) return value;
  const word = wordOf(value);
  if (name === "status" && known.includes("running") && word === "in_progress") {
    repairs.push(`its status ${String(value)} became running`);
    return "running";
  }
  if (known.includes(word)) {
    repairs.push(`its ${name} ${JSON.stringify(value)} became ${word}`);
    return word;
  }
  remarks.push(`its ${name} ${JSON.stringify(value)} is none of ${known.join(", ")}; it was kept`);
  return value;
}

/** Programs wrote the same words in capitals, or with a line break behind them. */
function wordOf(value: Json): string {
  return typeof value === "string" ? value.trim().toLowerCase() : "";
}

/** Times of ai-webhook carry no zone: they are UTC. */
function timeOf(name: string, value: Json, remarks: string[]): Json {
  if (value === null || value === "") return value;
  const instant = typeof value === "string" || typeof value === "number" ? instantOf(value) : undefined;
  const iso = instant === undefined ? undefined : isoOf(instant);
  if (iso === undefined) remarks.push(`its ${name} ${JSON.stringify(value)} is no time; it was kept`);
  return iso ?? value;
}

export function isId(value: Json | undefined): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

function own(members: { readonly [member: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** Where it stands beside a member that is named so already (`task_type` and `taskType`), both are kept. */
function fieldName(name: string, members: { readonly [member: string]: Json }, remarks: string[]): string {
  const camel = camelCase(name);
  if (camel === name || own(members, camel) === undefined) return camel;
  remarks.push(`it has both ${name} and ${camel}; ${name} was kept under its own name`);
  return name;
}

function camelCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

/** Stops looking behind the limit, which no stack overflows at. */
function depthOf(value: Json, limit = MAX_DEPTH + 1): number {
  if (typeof value !== "object" || value === null || limit === 0) return 0;
  return 1 + Math.max(0, ...Object.values(value).map((one) => depthOf(one, limit - 1)));
}
