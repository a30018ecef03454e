import type { NewEvent } from "../../src/log/event.js";

/** A typical change of a session: about 500 bytes as a stored line. */
export function sampleData(i: number): { patch: { op: string; path: string; value: unknown }[] } {
  return {
    patch: [
      { op: "replace", path: "/commitCount", value: i },
      { op: "replace", path: "/branch", value: `fix/number-${i}` },
    ],
  };
}

export function sampleEvents(count: number, from = 0): NewEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    type: "session.updated",
    data: sampleData(from + i),
    meta: { reason: "commits pushed", schema: 1 },
  }));
}

export const BENCH_ACTOR = { actor: "agent:bench" };
