import type { Tail } from "../log/seal.js";
import type { CutEvents, SwitchedConfig } from "./journal-entry.js";
import type { MigrationPlan } from "./migration-plan.js";
import type { Rebased } from "./rebase.js";
import type { Relation } from "./relation.js";

/** What a migration has done. */
export interface MigrationReport {
  /** null where nothing was to be done: then nothing was written, and there is no journal entry either. */
  readonly id: string | null;
  readonly source: string;
  readonly target: string;
  readonly relation: Relation["kind"];
  /** The target's tail before and after. */
  readonly before: Tail;
  readonly after: Tail;
  /** Events that were written to the target. */
  readonly events: number;
  readonly sessions: number;
  /** As lines of JSONL. */
  readonly bytes: number;
  /** Documents whose states were folded from both sides and compared. 0 after a rebase, which makes them differ. */
  readonly states: number;
  readonly durations: { readonly copyMs: number; readonly verifyMs: number };
  /** Events of the target that gave way to the source's, and where they were saved. */
  readonly replaced: CutEvents | null;
  readonly rebased: Rebased | null;
  /** The source's last tail, at which a cut-over has frozen it; else null. */
  readonly frozen: Tail | null;
  /** The file of configuration that names the target now; null where none was switched. */
  readonly switched: SwitchedConfig | null;
}

/** Of a migration that had nothing to write. */
export function nothingDone(
  { source, target, relation }: MigrationPlan,
  states: number,
  verifyMs: number,
): MigrationReport {
  return {
    id: null,
    source: source.url,
    target: target.url,
    relation: relation.kind,
    before: target.tail,
    after: target.tail,
    ...{ events: 0, sessions: 0, bytes: 0, states },
    durations: { copyMs: 0, verifyMs },
    replaced: null,
    rebased: null,
    frozen: null,
    switched: null,
  };
}
