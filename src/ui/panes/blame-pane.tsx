import type { BlameAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { dotted, visible } from "../format.js";
import { at } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice } from "../parts/notice.js";
import { useShown } from "../parts/use-shown.js";
import { StoredText, Value } from "../parts/value.js";
import { Waiting } from "../parts/waiting.js";
import { When } from "../parts/when.js";
import { goTo, shownSession, watch } from "../walk.js";
import { NoSession } from "./no-session.js";
import { usePaneJson } from "./use-pane-json.js";

/** Who set each value, when and why, and what it was before. */
export function BlamePane() {
  const session = shownSession.value;
  const url = session === null ? undefined : address("blame", { session, at: at.value });
  const { data, failure } = useAnswer<BlameAnswer>(url);
  const { shown, more } = useShown(data?.entries ?? []);
  usePaneJson(data);
  if (session === null) return <NoSession />;
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  return (
    <div class="table-box">
      <table class="blame">
        <thead>
          <tr>
            <th>Path</th>
            <th>Value</th>
            <th>Set by</th>
            <th>Before</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ path, value, set, previous }) => (
            <tr key={path} class={set.offset === at.value ? "changed" : ""}>
              <td>
                <button type="button" class="link path" title="watch this" onClick={() => watch(path)}>
                  <StoredText text={dotted(path) || "(record)"} most={120} />
                </button>
              </td>
              <td>
                <Value value={value} />
              </td>
              <td>
                <Actor name={set.actor} />{" "}
                <button type="button" class="link" title={set.recordedAt} onClick={() => goTo(set.offset)}>
                  {set.offset}
                </button>{" "}
                <When iso={set.recordedAt} />
                {typeof set.reason === "string" && <q>{visible(set.reason)}</q>}
              </td>
              <td>
                {previous !== undefined && (
                  <>
                    <Value value={previous.value} />{" "}
                    <button
                      type="button"
                      class="link"
                      title="previous change"
                      onClick={() => goTo(previous.set.offset)}
                    >
                      {previous.set.offset}
                    </button>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}
