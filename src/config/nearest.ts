/** More than this share of a name must be right for it to be taken for a misspelling. */
const LEAST_ALIKE = 0.6;
const MAX_NAME_CHARS = 200;

/** The candidate with the fewest letters to change, undefined where none is much like it. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > MAX_NAME_CHARS) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < least && steps <= (1 - LEAST_ALIKE) * Math.max(name.length, candidate.length)) {
      [best, least] = [candidate, steps];
    }
  }
  return best;
}

/** Levenshtein: letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + same));
    }
    row = next;
  }
  return row[b.length] as number;
}
