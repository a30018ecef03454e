import { useState } from "preact/hooks";
import type { CollabsAnswer } from "../../../ui-server/answers.js";
import { useAnswer } from "../../answer.js";
import { address } from "../../api.js";
import { number, visible } from "../../format.js";
import { at } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { FailureNotice, Notice } from "../../parts/notice.js";
import { StoredText } from "../../parts/value.js";
import { Waiting } from "../../parts/waiting.js";
import { When } from "../../parts/when.js";
import { go } from "../../place.js";
import { usePaneJson } from "../use-pane-json.js";

const PAGE = 50;

/** The collaborative sessions that were there by then, the last changed first. */
export function CollabList() {
  const [text, search] = useState("");
  const [skip, page] = useState(0);
  const { data, failure, isStale } = useAnswer<CollabsAnswer>(
    address("collabs", { at: at.value, text, skip, limit: PAGE }),
  );
  usePaneJson(data);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  if (data.total === 0 && text === "") return <None />;
  return (
    <div class={isStale ? "stale" : ""}>
      <p class="about">
        <strong>{number(data.total)}</strong> collaborative {data.total === 1 ? "session" : "sessions"} after event{" "}
        {number(data.at)}
      </p>
      <input
        type="search"
        class="search"
        aria-label="find a collaborative session"
        placeholder="Find a collaborative session"
        value={text}
        onInput={(event) => {
          search(event.currentTarget.value);
          page(0);
        }}
      />
      <ul class="memories">
        {data.rows.map((row) => (
          <Row key={row.session} row={row} isChanged={row.lastOffset === data.at} />
        ))}
      </ul>
      <p class="foot">
        {skip > 0 && (
          <button type="button" onClick={() => page(0)}>
            newest
          </button>
        )}{" "}
        {data.next !== null && (
          <button type="button" onClick={() => page(data.next ?? 0)}>
            older
          </button>
        )}
      </p>
    </div>
  );
}

function None() {
  return (
    <Notice title="No collaborative session was there by then.">
      <p>
        People and agents work together in one: <code>sessiondb collab create NAME</code>
      </p>
    </Notice>
  );
}

function Row({ row, isChanged }: { row: CollabsAnswer["rows"][number]; isChanged: boolean }) {
  const { chunk, memory, task, artifact } = row.counts;
  return (
    <li class={isChanged ? "changed" : ""}>
      <p class="about">
        <button type="button" class="link" onClick={() => go({ collab: row.session, pane: "collab" })}>
          {visible(row.session)}
        </button>
        {row.state !== null && <StoredText text={row.state.title} most={80} />}
        {row.state !== null && <span class={`state state-${row.state.status}`}>{row.state.status}</span>}
        <span class="set-by">
          <Actor name={row.lastActor} /> <When iso={row.lastAt} withDay />
        </span>
      </p>
      <p class="sub">
        {number(chunk)} parts of the conversation · {number(memory)} memories · {number(task)} tasks ·{" "}
        {number(artifact)} artifacts
      </p>
    </li>
  );
}
