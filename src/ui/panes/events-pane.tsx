import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { EventRow } from "../../inspect/event-rows.js";
import type { EventsAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { dotted, visible } from "../format.js";
import { at, isLive, isReadingUp, tail } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { TypeTag } from "../parts/type-tag.js";
import { Waiting } from "../parts/waiting.js";
import { When } from "../parts/when.js";
import { filterQuery, go, isFiltered, NO_FILTER, place } from "../place.js";
import { focus, goLive, goTo, shownSession } from "../walk.js";
import { SearchBox } from "./search-box.js";

const SIDE = 120;
/** Asked anew before the chosen event comes nearer to an end of what is known. */
const MARGIN = 20;

/** The events around the chosen one, oldest first. */
export function EventsPane() {
  const list = useRef<HTMLOListElement>(null);
  const { from } = focus.value;
  // The list may go further than the pictures, which wait until the log was read.
  const to = place.value.to === null ? Math.max(focus.value.to, isReadingUp.value ? tail.value : 0) : focus.value.to;
  const anchor = useAnchor();
  const url = address(
    "events",
    { around: Math.min(anchor.value, to), before: SIDE, after: SIDE, from, to },
    filterQuery.value,
  );
  const { data, failure } = useAnswer<EventsAnswer>(tail.value === 0 ? undefined : url);
  const rows = data?.rows ?? [];
  anchor.keepInside(rows, data);
  useLayoutEffect(() => {
    if (list.current !== null) keepInSight(list.current);
  }, [at.value, data]);
  useLayoutEffect(() => (list.current === null ? undefined : keptInSight(list.current)), []);
  return (
    <section class="events card" aria-label="events">
      <header>
        <h2>Events</h2>
        <NewerPill />
      </header>
      <SearchBox />
      {failure !== undefined && <FailureNotice failure={failure} />}
      {data === undefined && failure === undefined && tail.value > 0 && <Waiting />}
      {data !== undefined && rows.length === 0 && <NothingMatches />}
      <ol ref={list} class="list">
        {data?.moreBefore === true && (
          <li class="foot">
            <button type="button" class="quiet" onClick={() => goTo(rows[0]?.offset ?? 0)}>
              older events
            </button>
          </li>
        )}
        {rows.map((row) => (
          <Row key={row.offset} row={row} />
        ))}
        {data?.moreAfter === true && (
          <li class="foot">
            <button type="button" class="quiet" onClick={() => goTo(rows.at(-1)?.offset ?? 0)}>
              newer events
            </button>
          </li>
        )}
      </ol>
    </section>
  );
}

/** Pictures and notices that come later take some of its height: what was in sight stays so. @returns stops it */
function keptInSight(list: HTMLElement): () => void {
  let height = list.clientHeight;
  const observer = new ResizeObserver(() => {
    const row = list.querySelector("[aria-current]")?.getBoundingClientRect();
    const { top } = list.getBoundingClientRect();
    if (row !== undefined && row.top >= top && row.bottom <= top + height) keepInSight(list);
    height = list.clientHeight;
  });
  observer.observe(list);
  return () => observer.disconnect();
}

/** Scrolls the list and nothing else. Near an edge the chosen row comes to the middle, so that its neighbours are seen. */
function keepInSight(list: HTMLElement): void {
  const row = list.querySelector("[aria-current]")?.getBoundingClientRect();
  const box = list.getBoundingClientRect();
  if (row === undefined || (row.top >= box.top + row.height && row.bottom <= box.bottom - row.height)) return;
  list.scrollTop += row.top - box.top - (box.height - row.height) / 2;
}

/** The middle of what is asked for: it stays while the chosen event is well inside, so that most steps ask nothing. */
function useAnchor() {
  const [value, move] = useState(at.value);
  return {
    value,
    keepInside(rows: readonly EventRow[], data: EventsAnswer | undefined): void {
      const here = at.value;
      const [first, last] = [rows[Math.min(MARGIN, rows.length - 1)], rows[Math.max(0, rows.length - 1 - MARGIN)]];
      const isBefore = data?.moreBefore === true && first !== undefined && here < first.offset;
      const isBehind = data?.moreAfter === true && last !== undefined && here > last.offset;
      const isOutside = data === undefined || isBefore || isBehind || (isLive.value && here !== value);
      useEffect(() => {
        if (isOutside && here !== value) move(here);
      }, [isOutside, here, value]);
    },
  };
}

function Row({ row }: { row: EventRow }) {
  const isChosen = row.offset === at.value;
  const isShown = row.session !== null && row.session === shownSession.value;
  return (
    <li
      class={`event ${isChosen ? "chosen" : ""} ${row.offset > at.value ? "later" : ""} ${isShown ? "of-session" : ""}`}
    >
      <button type="button" class="row" aria-current={isChosen ? "true" : undefined} onClick={() => chosen(row)}>
        <span class="offset">{row.offset}</span>
        <span class="what">
          <TypeTag type={row.type} actor={row.actor} /> <span class="stream">{visible(row.session ?? row.stream)}</span>
        </span>
        <span class="by">
          <Actor name={row.actor} /> <When iso={row.recordedAt} />
        </span>
        <span class="sub">
          {row.reason !== null ? <q>{visible(row.reason)}</q> : visible(row.paths.map(dotted).join(", "))}
          {row.reason === null && row.pathCount > row.paths.length && ` +${row.pathCount - row.paths.length}`}
          {row.redacted && "erased"}
        </span>
      </button>
    </li>
  );
}

/** A session that was chosen stays; its neighbours' events show theirs. */
function chosen({ offset, session }: EventRow): void {
  const isOther = place.peek().session !== null && session !== null && session !== place.peek().session;
  if (isOther) go({ session }, "replace");
  goTo(offset);
}

/** Nothing moves under whoever stands in the past: it only says that there is more. */
function NewerPill() {
  const newer = tail.value - at.value;
  if (isLive.value || newer === 0) return null;
  return (
    <button type="button" class="pill" onClick={goLive}>
      +{newer} newer
    </button>
  );
}

function NothingMatches() {
  if (!isFiltered.value) return <p class="foot">No events in this range.</p>;
  return (
    <Notice title="The filter hides every event of this range.">
      <p>
        <button type="button" class="quiet" onClick={() => go(NO_FILTER)}>
          Clear the filter
        </button>
      </p>
    </Notice>
  );
}
