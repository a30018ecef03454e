import type { Candidate } from "./import-candidates.js";

/** Sessions in one atomic append: an import that is cut off leaves whole batches, and goes on when it is repeated. */
const MAX_BATCH_SESSIONS = 500;
/** Characters of their records; an event may hold its record twice, and an append takes 64 Mi. */
const MAX_BATCH_CHARS = 16 * 1024 * 1024;

/** In order; at least one batch, which may be empty. One record makes a batch whatever its size. */
export function* importBatches(candidates: readonly Candidate[], atomic: boolean): Generator<readonly Candidate[]> {
  if (atomic || candidates.length === 0) return yield candidates;
  let batch: Candidate[] = [];
  let chars = 0;
  for (const candidate of candidates) {
    const size = JSON.stringify(candidate.record).length;
    if (batch.length > 0 && (batch.length === MAX_BATCH_SESSIONS || chars + size > MAX_BATCH_CHARS)) {
      yield batch;
      batch = [];
      chars = 0;
    }
    batch.push(candidate);
    chars += size;
  }
  yield batch;
}
