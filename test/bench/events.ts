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

/** The first event of a session: a record as people have them. */
export function createdEvent(session: string): NewEvent {
  const record = {
    session,
    repoName: "local/minsky",
    repoUrl: "https://example.org/minsky.git",
    createdAt: "2026-01-31T10:00:00.000Z",
    taskId: `mt#${session.length}`,
    branch: session,
    status: "ACTIVE",
    commitCount: 0,
    prState: { branchName: `pr/${session}`, exists: false, lastChecked: "2026-01-31T10:00:00.000Z" },
  };
  return { type: "session.created", data: { record }, meta: { reason: "started", schema: 1 } };
}

export const BENCH_ACTOR = { actor: "agent:bench" };
