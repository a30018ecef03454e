import { useState } from "preact/hooks";
import type { SessionsAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { number, visible } from "../format.js";
import { at, isLive } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice } from "../parts/notice.js";
import { filterQuery, go, place } from "../place.js";
import { focus, shownSession } from "../walk.js";

/** The sessions that were there by then, the last changed first. */
export function SessionsPane() {
  const [text, search] = useState("");
  const { from, to } = focus.value;
  const then = isLive.value ? to : Math.min(at.value, to);
  const url = address("sessions", { at: then, from: from === 1 ? null : from, text, limit: 200 }, filterQuery.value);
  const { data, failure } = useAnswer<SessionsAnswer>(url);
  const { session, only } = place.value;
  return (
    <section class="sessions card" aria-label="sessions">
      <header>
        <h2>Sessions</h2>
        <span class="count">{data === undefined ? "" : number(data.total)}</span>
        {session !== null && (
          <button
            type="button"
            class="quiet"
            title="show the session of each event"
            onClick={() => go({ session: null })}
          >
            follow events
          </button>
        )}
      </header>
      <input
        type="search"
        class="search"
        placeholder="Find a session"
        aria-label="find a session"
        value={text}
        onInput={(event) => search(event.currentTarget.value)}
      />
      {failure !== undefined && <FailureNotice failure={failure} />}
      <ul class="list">
        {data?.rows.map((row) => (
          <li key={row.session} class={row.session === shownSession.value ? "chosen" : ""}>
            <button
              type="button"
              class="row"
              aria-pressed={row.session === session}
              onClick={() => go({ session: row.session })}
            >
              <span class="title">{visible(row.session)}</span>
              <span class="sub">
                <Actor name={row.lastActor} /> · {number(row.events)} {row.events === 1 ? "event" : "events"}
              </span>
            </button>
            <button
              type="button"
              class="only"
              aria-pressed={only.includes(row.session)}
              aria-label={`only events of ${visible(row.session)}`}
              onClick={() => go({ only: only.includes(row.session) ? [] : [row.session], session: row.session })}
            >
              only
            </button>
          </li>
        ))}
      </ul>
      {data !== undefined && data.total > data.rows.length && (
        <p class="foot">{number(data.total - data.rows.length)} more: type a part of a name</p>
      )}
      {data !== undefined && data.total === 0 && (
        <p class="foot">No session {text === "" ? "here yet" : "with this name"}.</p>
      )}
    </section>
  );
}
