import { sessions } from "../../projections/sessions.js";
import { storeSettings } from "../../projections/store-settings.js";
import { defined } from "../defined.js";
import type { EventLog } from "../log/event-log.js";
import { EMPTY_TAIL } from "../log/seal.js";
import type { StoreProbe } from "../log/store-probe.js";
import { assertNothingLost } from "./assert-nothing-lost.js";
import { divergenceOf } from "./divergence.js";
import type { Divergence, MigrationPlan } from "./migration-plan.js";
import { obstaclesOf } from "./obstacles.js";
import { type Relation, relate } from "./relation.js";
import type { AnyProjection } from "./state-digests.js";
import { type Survey, survey } from "./survey.js";

/** What the states of both sides are compared by. */
export const DEFAULT_PROJECTIONS: readonly AnyProjection[] = [sessions, storeSettings];
/** Told again when it is done: without their keys nobody stays signed in. */
export const WEB_KEYS_STAY =
  "the keys of web sessions are not in the log and stay where they are: name that place in keyStore, or log all out with sessiondb web revoke --all";
/** Tables, indexes and journals take more than the lines do. */
const SPACE_FACTOR = 3;

export interface PlanOptions {
  /** What is known of the place of the target. */
  readonly probe?: StoreProbe;
  /** Default: the sessions and the settings of the store. */
  readonly projections?: readonly AnyProjection[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The target of a plan: an open log (to be read only), or the address of one that is not there yet. */
export type PlanTarget = EventLog | { readonly url: string };

/**
 * Finds out what migrating `source` to `target` would do. Reads both and writes nothing, so logs that were opened for
 * reading only will do. The whole chain of the source is recomputed.
 *
 * @throws IntegrityError the source is damaged, and where; whatever reading throws
 */
export async function planMigration(
  source: EventLog,
  target: PlanTarget,
  options: PlanOptions = {},
): Promise<MigrationPlan> {
  const { probe = {}, projections = DEFAULT_PROJECTIONS, onProgress, signal } = options;
  const existing = "readAll" in target ? target : undefined;
  const [relation, latencyMs] = await relationTo(source, existing);
  const after = relation.kind === "diverged" ? relation.common : Math.min(relation.common, relation.source.offset);
  const found = await survey(source, { to: relation.source.offset, after, projections, onProgress, signal });
  await assertNothingLost(source, relation.source.offset);
  const divergence =
    existing !== undefined && relation.kind === "diverged" ? await divergenceOf(source, existing, relation) : undefined;
  return planOf({
    source,
    target,
    exists: existing !== undefined,
    relation,
    after,
    found,
    divergence,
    probe,
    latencyMs,
    movedTo: (await existing?.movedTo?.()) ?? null,
  });
}

interface Findings {
  readonly source: EventLog;
  readonly target: PlanTarget;
  readonly exists: boolean;
  readonly relation: Relation;
  readonly after: number;
  readonly found: Survey;
  readonly divergence: Divergence | undefined;
  readonly probe: StoreProbe;
  readonly latencyMs: number;
  readonly movedTo: string | null;
}

function planOf(findings: Findings): MigrationPlan {
  const { source, target, exists, relation, after, found, divergence, probe, movedTo } = findings;
  const { events, bytes, sessions, unstorable, unstorableCount, states } = found;
  return {
    source: { url: source.url, tail: relation.source },
    target: { url: target.url, tail: relation.target, exists },
    relation,
    ...defined({ divergence }),
    from: after + 1,
    to: relation.source.offset,
    ...{ events, bytes, sessions, unstorable, unstorableCount, states },
    ...defined({ freeBytes: probe.freeBytes }),
    estimatedMs: estimateMs(findings),
    rollbackPoint: relation.target,
    obstacles: obstaclesOf({ source: source.url, target: target.url, relation, divergence, found, probe, movedTo }),
    risks: risksOf(findings),
    transformations: [],
  };
}

async function relationTo(source: EventLog, target: EventLog | undefined): Promise<[Relation, latencyMs: number]> {
  if (target !== undefined) {
    const began = performance.now();
    await target.tail();
    return [await relate(source, target), performance.now() - began];
  }
  const tail = await source.tail();
  const kind = tail.offset === 0 ? "equal" : "empty";
  return [{ kind, common: 0, source: tail, target: EMPTY_TAIL }, 0];
}

/** A batch is about a page; copying reads, checks and writes, and then the whole target is read and checked again. */
function estimateMs({ relation, found, latencyMs }: Findings): number {
  const eachMs = found.durationMs / Math.max(1, relation.source.offset);
  const batches = Math.ceil(found.events / 1000);
  return Math.round(eachMs * (2 * found.events + relation.source.offset) + batches * latencyMs);
}

function risksOf({ found, probe, relation }: Findings): string[] {
  const risks: string[] = [];
  if (found.webEvents > 0) risks.push(WEB_KEYS_STAY);
  const wanted = found.bytes * SPACE_FACTOR;
  if (probe.freeBytes !== undefined && probe.freeBytes < wanted && probe.freeBytes >= found.bytes) {
    risks.push(`the target has ${probe.freeBytes} bytes free and may take up to ${wanted}`);
  }
  if (relation.kind === "prefix" && relation.target.offset > 0) {
    risks.push(
      "programs that go on writing to the source after this are not in the target: switch them first, or repeat",
    );
  }
  return risks;
}
