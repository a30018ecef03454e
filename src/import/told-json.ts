import type { Json } from "../log/canonical.js";
import { quoteRoundedNumbers } from "../log/whole-numbers.js";
import { repeatedKeys } from "./repeated-keys.js";

export interface ToldJson {
  readonly value: Json;
  /** What reading it has changed. Without the numbers and the keys: what a web session holds stands in no report. */
  readonly repairs: readonly string[];
}

/** @throws SyntaxError */
export function toldJson(text: string): ToldJson {
  const { json, numbers } = quoteRoundedNumbers(text);
  const value = JSON.parse(json) as Json;
  const repairs = [
    ...(numbers.length === 0 ? [] : ["held whole numbers that JSON would round; they were taken as text"]),
    ...(repeatedKeys(text).length === 0
      ? []
      : ["held keys that stand more than once; the last value of each was taken"]),
  ];
  return { value, repairs };
}
