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

function upTo(whole: string, from: number, to: number): string {
  const cutsPair = /[\ud800-\udbff]/.test(whole.charAt(to - 1)) && to < whole.length && to - 1 > from;
  return whole.slice(from, cutsPair ? to - 1 : to);
}

function sizeOf(text: string): number {
  return JSON.stringify(text).length - 2;
}
