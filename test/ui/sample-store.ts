import { countingEntropy } from "../../src/conformance/target.js";
import type { EventLog } from "../../src/log/event-log.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { setMark } from "../../src/session/set-mark.js";

const ACTORS = ["agent:claude", "agent:codex", "user:ada", "ci:github"] as const;
const NAMES = [
  ...["auth-refactor", "docs-site", "billing-retry", "task#064", "search-index", "flaky-tests"],
  ...["upgrade-node", "dark-mode", "rate-limits", "task#091", "audit-export", "onboarding"],
];
const REASONS = ["ready for review", "branch renamed", "CI is green", "rebased on main", "review comments", undefined];
const STATUS = ["CREATED", "IN_PROGRESS", "PR_OPEN", "PR_APPROVED", "MERGED"];
/** Where every sample begins, in UTC. */
const BEGAN = Date.UTC(2026, 10, 16, 8, 0, 0);

/** Some days of work of people and agents, always the same: bursts, quiet nights, a bad value, a deletion, marks. */
export async function writeSampleStore(path: string, steps = 220): Promise<void> {
  const clock = new SampleClock();
  const log = await SqliteLog.open(path, { now: () => clock.now, entropy: countingEntropy() });
  try {
    await writeSample(log, clock, steps);
  } finally {
    await log.close();
  }
}

export class SampleClock {
  #ms = BEGAN;
  #seed = 7;

  get now(): Date {
    return new Date(this.#ms);
  }

  pass(minutes: number): void {
    this.#ms += minutes * 60_000;
  }

  /** A whole number from 0 below `end`. */
  pick(end: number): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.#seed / 2_147_483_648) * end);
  }
}

async function writeSample(log: EventLog, clock: SampleClock, steps: number): Promise<void> {
  const store = new SessionStore(log, { actor: "user:ada" });
  const started: string[] = [];
  for (let i = 0; i < steps; i++) {
    // Quiet nights, busy mornings.
    clock.pass(i % 45 === 44 ? 600 : clock.pick(10) < 6 ? 1 + clock.pick(4) : 20 + clock.pick(50));
    const next = NAMES[started.length];
    if (next !== undefined && (started.length < 3 || i % 11 === 0)) {
      await start(store, next, clock);
      started.push(next);
    } else await change(store, started[clock.pick(started.length)] as string, clock, i);
    if (i === 60) await setMark(log, "before-merge", { actor: "user:ada", reason: "all green" });
    if (i === 150) await setMark(log, "release-1.4", { actor: "ci:github" });
  }
  await store.delete("dark-mode", { actor: "user:ada", reason: "merged, cleaned up" });
  clock.pass(3);
  const change1 = { prState: { branchName: "pr/auth-refactor", exists: false, lastChecked: clock.now.toISOString() } };
  await store.update("auth-refactor", change1, { actor: "agent:codex", reason: "PR state synced" });
}

async function start(store: SessionStore, session: string, clock: SampleClock): Promise<void> {
  const record = {
    session,
    repoName: clock.pick(2) === 0 ? "example/app" : "example/site",
    branch: session.replace("#", "/"),
    taskId: session.startsWith("task#") ? session.slice(4) : null,
    status: "CREATED",
    commitCount: 0,
    prState: { branchName: `pr/${session}`, exists: true },
    labels: ["sample"],
  };
  await store.create(record, { actor: ACTORS[clock.pick(3)] as string, reason: "work begins" });
}

async function change(store: SessionStore, id: string, clock: SampleClock, i: number): Promise<void> {
  const actor = ACTORS[clock.pick(ACTORS.length)] as string;
  const reason = REASONS[clock.pick(REASONS.length)];
  const note = reason === undefined ? { actor } : { actor, reason };
  const current = (await store.get(id)).record;
  const commits = Number(current.commitCount ?? 0);
  const changes = [
    { commitCount: commits + 1 + clock.pick(3), lastCommitMessage: `step ${i}: ${reason ?? "small things"}` },
    { status: STATUS[clock.pick(STATUS.length)] as string },
    { branch: `${id.replace("#", "/")}-${clock.pick(5)}` },
    { prState: { branchName: `pr/${id}`, exists: clock.pick(3) > 0, commitHash: `c${clock.pick(1e6).toString(16)}` } },
    { agentId: actor },
  ];
  await store.update(id, changes[clock.pick(changes.length)] as object, note);
}
