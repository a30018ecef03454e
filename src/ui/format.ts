import { INVISIBLE } from "../log/invisible.js";

const UNITS: ReadonlyArray<readonly [string, number]> = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

export function number(value: number): string {
  return value.toLocaleString("en");
}

/** @param one what there is one of; more of it take an s */
export function counted(value: number, one: string): string {
  return `${number(value)} ${value === 1 ? one : `${one}s`}`;
}

/** Local time; the whole instant stands in the title beside it. */
export function clock(iso: string): string {
  const time = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

export function day(iso: string): string {
  const time = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

export function ago(iso: string, now = Date.now()): string {
  const passed = now - Date.parse(iso);
  for (const [unit, ms] of UNITS) if (passed >= ms) return `${Math.floor(passed / ms)} ${unit} ago`;
  return "just now";
}

export function size(chars: number): string {
  if (chars < 1_024) return `${chars} B`;
  return chars < 1_048_576 ? `${(chars / 1_024).toFixed(1)} KiB` : `${(chars / 1_048_576).toFixed(1)} MiB`;
}

/** `/prState/exists` as `prState.exists`; keys that hold a dot or nothing are quoted. */
export function dotted(pointer: string): string {
  const keys = pointer.split("/").slice(1);
  const plain = keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return plain.map((key) => (/^[^.\s"]+$/.test(key) ? key : JSON.stringify(key))).join(".");
}

/** Stored text may turn the direction of what follows, or hide itself: such characters are shown by their number. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

const HIDDEN = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f${INVISIBLE}]`, "gu");

/** An actor without what all of them share: `agent:claude` is `claude`, with the letter of its kind beside it. */
export function kindOf(actor: string): string {
  const [kind = ""] = actor.split(":");
  if (!actor.includes(":")) return actor.includes("@") ? "U" : "·";
  return kind.slice(0, 1).toUpperCase() || "·";
}
