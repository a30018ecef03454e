import { useState } from "preact/hooks";
import { number, visible } from "../format.js";

/** More of a text is only drawn when it is asked for: a browser takes seconds for a megabyte. */
const SHOWN_CHARS = 400;
const MOST_CHARS = 200_000;

/** A stored text, always as text. */
export function StoredText({ text, most = SHOWN_CHARS }: { text: string; most?: number }) {
  const [isWhole, showWhole] = useState(false);
  const shown = isWhole ? text.slice(0, MOST_CHARS) : text.slice(0, most);
  if (text.length <= most) return <span class="stored">{visible(text)}</span>;
  return (
    <span class="stored">
      {visible(shown)}
      {shown.length < text.length ? "…" : ""}{" "}
      <button type="button" class="more" onClick={() => showWhole(!isWhole)}>
        {isWhole ? "less" : `${number(text.length)} characters`}
      </button>
    </span>
  );
}

/** A JSON value in one line. */
export function Value({ value }: { value: unknown }) {
  if (value === undefined) return <span class="value nothing">nothing</span>;
  if (typeof value === "string") {
    return (
      <span class="value text">
        "<StoredText text={value} />"
      </span>
    );
  }
  return (
    <span class={`value ${kindOfValue(value)}`}>
      <StoredText text={JSON.stringify(value)} />
    </span>
  );
}

function kindOfValue(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "json" : typeof value;
}
