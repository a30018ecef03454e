import type { Projection } from "../../projections/projection.js";
import type { SealedEvent } from "../log/event.js";
import { sha256Hex } from "../log/hash-chain.js";
import { BulkFold } from "../replay/fold.js";

/** Any projection: a fold is only driven here, its documents are never looked into. */
// biome-ignore lint/suspicious/noExplicitAny: a document type appears as argument and as result, so there is no common base
export type AnyProjection = Projection<any>;

/** `name/id` of every document → SHA-256 of its JSON text. The fold is deterministic, so equal states have equal texts. */
export type StateDigests = ReadonlyMap<string, string>;

/** Folds a log event by event under several projections, for comparing the states that two logs give. */
export class StateFold {
  readonly #folds: readonly { readonly name: string; readonly fold: BulkFold<object> }[];

  constructor(projections: readonly AnyProjection[]) {
    this.#folds = projections.map((projection) => ({ name: projection.name, fold: new BulkFold<object>(projection) }));
  }

  add(event: SealedEvent): void {
    for (const { fold } of this.#folds) fold.add(event);
  }

  digests(): StateDigests {
    const digests = new Map<string, string>();
    for (const { name, fold } of this.#folds) {
      for (const [id, document] of fold.folded.documents) {
        digests.set(`${name}/${id}`, sha256Hex(JSON.stringify(document)));
      }
    }
    return digests;
  }
}

/** Names of the documents that are only on one side, or differ; sorted. */
export function differingStates(left: StateDigests, right: StateDigests): string[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => left.get(name) !== right.get(name)).sort();
}
