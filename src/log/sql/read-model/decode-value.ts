import type { FieldValue } from "../../../query/field-value.js";
import type { FieldType } from "../../../query/shape.js";

/** A column as it was read, back in the form that projections give; the reverse of encodeText for texts. */
export function fieldValueOf(type: FieldType, stored: unknown): FieldValue {
  if (stored === null || stored === undefined) return null;
  if (type === "text") return decodeText(String(stored));
  return type === "number" ? Number(stored) : stored === true || stored === 1;
}

function decodeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of encodeText
  return text.replace(/\u0001([\u0001\u0002])/g, (_, second) => (second === "\u0001" ? "\u0000" : "\u0001"));
}
