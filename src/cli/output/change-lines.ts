import stringWidth from "string-width";
import { type Change, dottedPath } from "../../inspect/changes.js";
import type { Json } from "../../log/canonical.js";
import { printable } from "./escape.js";

/** One line a change: `~ prState.exists  true → false`, and in `more` what else is to be said of it. */
export function changeLines<C extends Change>(
  changes: readonly C[],
  more: (change: C) => string = () => "",
  indent = "",
): string[] {
  const rows = changes.map((change) => ({ name: nameOf(change), values: valuesOf(change), more: more(change) }));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => stringWidth(name)));
  const valueWidth = Math.max(0, ...rows.map(({ values }) => stringWidth(values)));
  return rows.map(({ name, values, more }) => {
    const line = `${indent}${padded(name, nameWidth)}  ${more === "" ? values : padded(values, valueWidth)}`;
    return more === "" ? line : `${line}  ${printable(more)}`;
  });
}

export function valueText(value: Json | undefined): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}

function nameOf({ path, before, after }: Change): string {
  const sign = before === undefined ? "+" : after === undefined ? "-" : "~";
  return printable(`${sign} ${dottedPath(path) || "(record)"}`);
}

function valuesOf({ before, after }: Change): string {
  if (before === undefined) return printable(valueText(after));
  return printable(after === undefined ? valueText(before) : `${valueText(before)} → ${valueText(after)}`);
}

function padded(text: string, width: number): string {
  return text + " ".repeat(width - stringWidth(text));
}
