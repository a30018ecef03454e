import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { number } from "../format.js";

const AT_FIRST = 200;

/** The beginning of a long list, and a button for more of it: a browser takes seconds for ten thousand rows. */
export function useShown<T>(items: readonly T[]): { shown: readonly T[]; more: JSX.Element | null } {
  const [most, show] = useState(AT_FIRST);
  if (items.length <= most) return { shown: items, more: null };
  const more = (
    <button type="button" class="more" onClick={() => show(most * 3)}>
      {number(items.length - most)} more
    </button>
  );
  return { shown: items.slice(0, most), more };
}
