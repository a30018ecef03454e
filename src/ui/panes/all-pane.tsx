import { useState } from "preact/hooks";
import type { StatesAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { number, visible } from "../format.js";
import { at } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice } from "../parts/notice.js";
import { Waiting } from "../parts/waiting.js";
import { When } from "../parts/when.js";
import { go } from "../place.js";
import { usePaneJson } from "./use-pane-json.js";

const PAGE = 50;
const FIELDS = ["status", "branch", "taskId", "repoName"];

/** Every session as it was then. */
export function AllPane() {
  const [text, search] = useState("");
  const [skip, page] = useState(0);
  const { data, failure, isStale } = useAnswer<StatesAnswer>(
    address("states", { at: at.value, text, skip, limit: PAGE }),
  );
  usePaneJson(data);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  return (
    <div class={isStale ? "stale" : ""}>
      <p class="about">
        <strong>{number(data.total)}</strong> {data.total === 1 ? "session" : "sessions"} after event {data.at}
      </p>
      <input
        type="search"
        class="search"
        aria-label="find in all sessions"
        placeholder="Find a session"
        value={text}
        onInput={(event) => {
          search(event.currentTarget.value);
          page(0);
        }}
      />
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th>Session</th>
              {FIELDS.map((name) => (
                <th key={name}>{name}</th>
              ))}
              <th>Last by</th>
              <th>Changed</th>
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => (
              <tr key={row.session} class={row.lastOffset === data.at ? "changed" : row.isDeleted ? "deleted" : ""}>
                <td>
                  <button type="button" class="link" onClick={() => go({ session: row.session, pane: "state" })}>
                    {visible(row.session)}
                  </button>{" "}
                  <span class="faint">v{row.version}</span>
                  {row.isDeleted && <span class="faint"> deleted</span>}
                  {row.faultCount > 0 && <span class="bad"> ✖ {row.faultCount}</span>}
                </td>
                {FIELDS.map((name) => (
                  <td key={name}>{visible(row.fields[name] ?? "")}</td>
                ))}
                <td>
                  <Actor name={row.lastActor} />
                </td>
                <td>
                  <When iso={row.updatedAt} withDay />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="foot">
        {skip > 0 && (
          <button type="button" onClick={() => page(Math.max(0, skip - PAGE))}>
            back
          </button>
        )}
        {data.total > skip + PAGE && (
          <button type="button" onClick={() => page(skip + PAGE)}>
            next {PAGE}
          </button>
        )}
      </p>
    </div>
  );
}
