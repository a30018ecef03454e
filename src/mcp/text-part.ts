/** A part of a text that takes at most so much as JSON. */
export interface TextPart {
  readonly text: string;
  /** Of the first character (UTF-16 unit) that is not in it; absent where the text ends with it. */
  readonly next_from?: number;
}

/** Never ends in the middle of a surrogate pair. @param budget UTF-16 units of the part as JSON */
export function textPart(whole: string, from: number, budget: number): TextPart {
  let text = upTo(whole, from, from + budget);
  // Quotes and control characters take more in JSON than in the text.
  for (let size = sizeOf(text); size > budget; size = sizeOf(text)) {
    text = upTo(whole, from, from + Math.max(1, Math.floor((text.length * budget) / size) - 1));
  }
  const end = from + text.length;
  return end < whole.length ? { text, next_from: end } : { text };
}

/** A pair that would be cut stays out; where it is all that there is, it comes in whole: as JSON it takes less than a half. */
function upTo(whole: string, from: number, to: number): string {
  const cutsPair = /^[\ud800-\udbff][\udc00-\udfff]$/.test(whole.slice(to - 1, to + 1));
  if (!cutsPair) return whole.slice(from, to);
  return whole.slice(from, to - 1 > from ? to - 1 : to + 1);
}

function sizeOf(text: string): number {
  return JSON.stringify(text).length - 2;
}
