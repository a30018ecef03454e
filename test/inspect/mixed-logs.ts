import { sessionIdOf } from "../../projections/sessions.js";
import type { EventFilter } from "../../src/inspect/event-filter.js";
import { eventPaths } from "../../src/inspect/event-paths.js";
import type { SealedEvent } from "../../src/log/event.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { fc } from "../support/fast-check.js";

const ACTORS = ["ada", "agent:claude", "agent:codex"];
const TYPES = ["session.created", "session.updated", "session.deleted", "noise"];
const IDS = ["a", "task#1", "a.b"];
const PATHS = ["/branch", "/prState", "/prState/exists", "/labels/a.b", ""];

/** One event of a log in which sessions and strangers meet. */
interface Planned {
  readonly actor: string;
  readonly type: string;
  readonly stream: string;
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value: string | { exists: boolean } | null;
}

const planned: fc.Arbitrary<Planned> = fc.record({
  actor: fc.constantFrom(...ACTORS),
  type: fc.constantFrom(...TYPES),
  stream: fc.constantFrom(...IDS.map((id) => `session-${id}`), "other-1"),
  op: fc.constantFrom("add", "replace", "remove"),
  path: fc.constantFrom(...PATHS),
  value: fc.constantFrom<Planned["value"]>("é🚀", { exists: true }, null),
});

export const mixedLogs: fc.Arbitrary<readonly Planned[]> = fc
  .array(planned, { maxLength: 12 })
  // Every session is there, so that a filter may name it.
  .map((more) => [...IDS.map((id) => ({ ...FIRST, stream: `session-${id}` })), ...more]);

const FIRST: Planned = { actor: "ada", type: "session.created", stream: "", op: "add", path: "", value: null };

function some<T>(...all: T[]): fc.Arbitrary<T[]> {
  return fc.subarray(all, { maxLength: 2 });
}

export const filters: fc.Arbitrary<EventFilter> = fc.record(
  {
    actors: some("agent:*", "ada", "*a"),
    types: some("session.*", "noise", "session.?pdated"),
    sessions: some(...IDS),
    paths: some("prState", "prState.*", "branch", "*"),
    since: fc.nat(12),
    until: fc.nat(20),
  },
  { requiredKeys: [] },
);

export async function mixedLog(plan: readonly Planned[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (const one of plan) {
    const { actor, type, stream } = one;
    await log.append({ stream, events: [{ type, data: dataOf(one), meta: { reason: "why" } }] }, { actor });
  }
  return log;
}

function dataOf({ type, stream, op, path, value }: Planned): unknown {
  if (type === "session.created") return { record: { session: sessionIdOf(stream) ?? "", prState: value } };
  return type === "session.updated" ? { patch: [op === "remove" ? { op, path } : { op, path, value }] } : {};
}

/** The filter once more, with regular expressions and without any sharing. */
export function isMeant(filter: EventFilter, event: SealedEvent): boolean {
  const { actors = [], types = [], sessions = [], paths = [], since = 0, until = Number.POSITIVE_INFINITY } = filter;
  const globbed = (globs: readonly string[], text: string) =>
    globs.length === 0 || globs.some((glob) => regExpOf(glob).test(text));
  const inPath = (pattern: string) =>
    eventPaths(event).some(({ path, gone }) => {
      const dotted = path.slice(1).replaceAll("/", ".");
      if (path === "" || pattern === "*" || dotted === pattern || dotted.startsWith(`${pattern}.`)) return true;
      return pattern === "prState.*" && (dotted.startsWith("prState.") || (gone && dotted === "prState"));
    });
  return (
    event.offset > since &&
    event.offset <= until &&
    globbed(actors, event.actor) &&
    globbed(types, event.type) &&
    (sessions.length === 0 || sessions.includes(sessionIdOf(event.stream) ?? "\u0000")) &&
    (paths.length === 0 || paths.some(inPath))
  );
}

function regExpOf(glob: string): RegExp {
  const text = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${text.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
}
