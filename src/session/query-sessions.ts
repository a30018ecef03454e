import { isSameJson } from "../../projections/json-patch.js";
import { type SessionDocument, sessions } from "../../projections/sessions.js";
import { UsageError } from "../errors.js";
import type { Json } from "../log/canonical.js";
import type { DatabaseQueryOptions } from "./database-storage.js";
import { taskIdMatch } from "./task-id.js";

const PAGING = new Set(["limit", "offset", "orderBy", "orderDirection"]);

/** Filters, orders and pages. @throws UsageError QUERY_INVALID for names that are not declared */
export function querySessions(documents: readonly SessionDocument[], options: DatabaseQueryOptions): SessionDocument[] {
  const filters = Object.entries(options).filter(([name, value]) => !PAGING.has(name) && value !== undefined);
  for (const [name] of filters) assertField(name);
  const found = documents.filter((document) => filters.every(([name, value]) => fits(document, name, value as Json)));
  const offset = wholeNumber("offset", options.offset) ?? 0;
  const limit = wholeNumber("limit", options.limit) ?? Number.POSITIVE_INFINITY;
  return ordered(found, options).slice(offset, offset + limit);
}

function fits(document: SessionDocument, name: string, wanted: Json): boolean {
  const value = sessions.fields[name]?.of(document) as Json | undefined;
  return name === "taskId" ? taskIdMatch(value, wanted) > 0 : isSameJson(value, wanted);
}

function ordered(documents: SessionDocument[], { orderBy, orderDirection }: DatabaseQueryOptions): SessionDocument[] {
  const sign = signOf(orderDirection);
  if (orderBy === undefined) return sign === 1 ? documents : documents.reverse();
  assertField(orderBy);
  const value = (document: SessionDocument) => sessions.fields[orderBy]?.of(document) as Json | undefined;
  return documents.sort((a, b) => compared(value(a), value(b), sign));
}

function signOf(direction: unknown): 1 | -1 {
  if (direction === undefined || direction === "asc") return 1;
  if (direction === "desc") return -1;
  throw new UsageError("QUERY_INVALID", `orderDirection is asc or desc, not ${JSON.stringify(direction)}`, {
    hint: "pass one of them, or leave it out",
  });
}

/** Numbers before texts, by their UTF-16 units; sessions without a value come last in both directions. */
function compared(a: Json | undefined, b: Json | undefined, sign: number): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : 1;
  if (b === undefined || b === null) return -1;
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  if (typeof a !== typeof b) return sign * (typeof a === "number" ? -1 : 1);
  const [left, right] = [String(a), String(b)];
  return left === right ? 0 : sign * (left < right ? -1 : 1);
}

function assertField(name: string): void {
  if (Object.hasOwn(sessions.fields, name)) return;
  const known = Object.keys(sessions.fields).join(", ");
  throw new UsageError("QUERY_INVALID", `sessions have no field ${JSON.stringify(name)} to ask for`, {
    hint: `fields: ${known}; also limit, offset, orderBy, orderDirection`,
  });
}

function wholeNumber(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  throw new UsageError("QUERY_INVALID", `${name} is a whole number from 0, not ${value}`, {
    hint: `pass ${name}: 20, or leave it out`,
  });
}
