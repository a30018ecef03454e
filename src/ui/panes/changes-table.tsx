import type { SetBy } from "../../replay/record-steps.js";
import { dotted } from "../format.js";
import { Actor } from "../parts/actor.js";
import { OnlyPath } from "../parts/only-path.js";
import { useShown } from "../parts/use-shown.js";
import { StoredText, Value } from "../parts/value.js";
import { goTo, watch } from "../walk.js";

export interface ShownChange {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly set?: SetBy | undefined;
}

/** From what to what; a sign beside the colour, and who did it where that is known. */
export function ChangesTable({ changes }: { changes: readonly ShownChange[] }) {
  const { shown, more } = useShown(changes);
  return (
    <ul class="changes">
      {shown.map((change) => (
        <li key={change.path} class={kindOf(change).name}>
          <div class="change-head">
            <span class="sign" aria-hidden="true">
              {kindOf(change).sign}
            </span>
            <button type="button" class="link path" title="watch this" onClick={() => watch(change.path)}>
              <StoredText text={change.path === "" ? "the whole record" : dotted(change.path)} most={200} />
            </button>
            <span class="visually-hidden">{kindOf(change).name}</span>
            <OnlyPath path={change.path} />
            {change.set !== undefined && (
              <span class="set-by">
                <Actor name={change.set.actor} />{" "}
                <button type="button" class="link" onClick={() => goTo(change.set?.offset ?? 0)}>
                  {change.set.offset}
                </button>
              </span>
            )}
          </div>
          {change.before !== undefined && (
            <div class="before">
              <Value value={change.before} />
            </div>
          )}
          {change.after !== undefined && (
            <div class="after">
              <Value value={change.after} />
            </div>
          )}
        </li>
      ))}
      {more !== null && <li>{more}</li>}
    </ul>
  );
}

function kindOf({ before, after }: ShownChange): { name: string; sign: string } {
  if (before === undefined) return { name: "added", sign: "+" };
  return after === undefined ? { name: "removed", sign: "−" } : { name: "changed", sign: "~" };
}
