import type { Json } from "../log/canonical.js";

/** The most of one answer, in UTF-16 units: some 8,000 tokens. */
export const MAX_ANSWER = 32_000;
/** How long one text may be, tried in this order until the answer fits. */
const MAX_TEXTS = [4_000, 500, 100] as const;

export interface Clipped<T> {
  readonly value: T;
  /** True where a text was cut; what is missing is counted where it was cut. */
  readonly clipped: boolean;
}

/** The value with its longest texts cut so that it fits; undefined where it does not fit even so. */
export function clipToFit<T>(value: T, budget = MAX_ANSWER): Clipped<T> | undefined {
  const whole = JSON.stringify(value);
  if (whole.length <= budget) return { value, clipped: false };
  for (const longest of MAX_TEXTS) {
    const text = JSON.stringify(value, (_key, inner) => (typeof inner === "string" ? cut(inner, longest) : inner));
    if (text.length <= budget) return { value: JSON.parse(text) as T, clipped: true };
  }
  return undefined;
}

/** As many of the items, from the first on, as fit together; each of them cut where it alone takes too much. */
export function itemsThatFit<T>(items: readonly T[], budget = MAX_ANSWER): Clipped<readonly T[]> {
  const taken: T[] = [];
  let [left, clipped] = [budget, false];
  for (const item of items) {
    const one = clipToFit(item, budget / 4) ?? { value: cutAway(item, budget / 4), clipped: true };
    left -= JSON.stringify(one.value).length + 1;
    if (left < 0 && taken.length > 0) break;
    taken.push(one.value);
    clipped ||= one.clipped;
  }
  return { value: taken, clipped };
}

/** An item of very many short values keeps its plain members; the others are told by their size. */
function cutAway<T>(item: T, budget: number): T {
  const members = Object.entries(item as Record<string, Json>).map(([name, value]) => {
    const size = JSON.stringify(value)?.length ?? 0;
    return [name, size <= budget / 16 ? value : `… [${size} characters of JSON]`] as const;
  });
  return Object.fromEntries(members) as T;
}

function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const kept = text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "");
  return `${kept}… [${text.length - kept.length} more characters]`;
}
