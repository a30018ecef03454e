import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useAnswer } from "../../answer.js";
import { address } from "../../api.js";
import { number } from "../../format.js";
import { at } from "../../live.js";
import { FailureNotice } from "../../parts/notice.js";
import { Waiting } from "../../parts/waiting.js";
import { usePaneJson } from "../use-pane-json.js";

interface PartPage<T> {
  readonly rows: readonly T[];
  readonly total: number;
  readonly unreadable: number;
  readonly next: number | null;
}

interface ShownPart<T> {
  readonly rows: readonly T[];
  /** What stands in the place of the rows, or undefined. */
  readonly instead: JSX.Element | undefined;
  /** How many there are besides those of the page, with the buttons that show them. */
  readonly foot: JSX.Element | null;
}

/** One page of a list in a session, as it was. @param names of one and of many, for people */
export function useParts<T>(
  session: string,
  kind: "chunk" | "memory" | "task" | "artifact",
  limit: number,
  [one, many]: readonly [one: string, many: string],
): ShownPart<T> {
  const [skip, page] = useState(0);
  const { data, failure } = useAnswer<PartPage<T>>(
    address("collab-parts", { session, kind, at: at.value, skip, limit }),
  );
  usePaneJson(data);
  const rows = data?.rows ?? [];
  if (failure !== undefined) return { rows: [], instead: <FailureNotice failure={failure} />, foot: null };
  if (data === undefined) return { rows, instead: <Waiting />, foot: null };
  const isNothing = data.total === 0;
  const { next, unreadable } = data;
  const isPage = skip > 0 || next !== null;
  const foot = (
    <p class="foot">
      {isPage && `${number(rows.length)} of ${number(data.total)} ${many}, the last changed first `}
      {unreadable > 0 && (
        <span class="bad">
          {number(unreadable)} {unreadable === 1 ? `${one} was` : `${many} were`} erased, or cannot be read{" "}
        </span>
      )}
      {skip > 0 && (
        <button type="button" onClick={() => page(0)}>
          newest
        </button>
      )}{" "}
      {next !== null && (
        <button type="button" onClick={() => page(next)}>
          older
        </button>
      )}
    </p>
  );
  const instead = isNothing ? <p class="foot">No {one} by then.</p> : undefined;
  // In the past there may be fewer pages than where the list was turned over.
  if (rows.length === 0 && skip > 0 && unreadable === 0) return { rows, instead: foot, foot: null };
  return { rows, instead, foot: isPage || unreadable > 0 ? foot : null };
}
