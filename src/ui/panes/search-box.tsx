import { useState } from "preact/hooks";
import type { PointAnswer, SearchAnswer } from "../../ui-server/answers.js";
import { address, ask, type Failure } from "../api.js";
import { number, visible } from "../format.js";
import { FailureNotice } from "../parts/notice.js";
import { TypeTag } from "../parts/type-tag.js";
import { filterQuery } from "../place.js";
import { askedSession, goTo } from "../walk.js";

interface Found {
  readonly text: string;
  readonly hits: SearchAnswer["hits"];
  readonly next: number;
  readonly read: number;
}

/** Finds events by any text in them, or goes to a point as commands take it: 42, mark:x, 2h. */
export function SearchBox() {
  const [text, type] = useState("");
  const [found, show] = useState<Found | undefined>(undefined);
  const [failure, fail] = useState<Failure | undefined>(undefined);
  const search = async (before?: number) => {
    fail(undefined);
    try {
      if (before === undefined && POINT.test(text.trim())) return await goToPoint(text.trim());
      const answer = await ask<SearchAnswer>(address("search", { text, before }, filterQuery.peek()));
      const older = before === undefined ? [] : (found?.hits ?? []);
      const read = answer.read + (before === undefined ? 0 : (found?.read ?? 0));
      show({ text, hits: [...older, ...answer.hits], next: answer.next, read });
    } catch (error) {
      fail(error as Failure);
    }
  };
  return (
    <form
      class="search-box"
      role="search"
      aria-label="events"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") show(undefined);
        else void search();
      }}
    >
      <input
        id="search"
        type="search"
        class="search"
        placeholder="Find text, or go to 42, v3, mark:name, 2h   ( / )"
        aria-label="find text in events, or go to a point"
        value={text}
        onInput={(event) => {
          type(event.currentTarget.value);
          if (event.currentTarget.value === "") show(undefined);
        }}
      />
      {failure !== undefined && <FailureNotice failure={failure} />}
      {found !== undefined && <Hits found={found} more={() => void search(found.next)} />}
    </form>
  );
}

/** As the commands read points; everything else is text to look for. */
const POINT =
  /^(\d{1,15}|v\d+|head(~\d+)?|mark:.+|\d+[smhdw]|(today|yesterday)( \d\d:\d\d)?|\d{4}-\d\d-\d\d([T ].*)?)$/i;

async function goToPoint(text: string): Promise<void> {
  const session = await askedSession();
  const { at } = await ask<PointAnswer>(address("point", { text, session }));
  goTo(at);
}

function Hits({ found, more }: { found: Found; more: () => void }) {
  const { hits, next, read } = found;
  return (
    <div class="hits" role="region" aria-label="found">
      <p class="foot" role="status">
        {hits.length === 0 ? "Nothing found" : `${number(hits.length)} found`} in the newest {number(read)} events
        {next > 0 && (
          <>
            {" "}
            <button type="button" class="quiet" onClick={more}>
              search older ones
            </button>
          </>
        )}
      </p>
      <ul>
        {hits.map((hit) => (
          <li key={hit.offset}>
            <button type="button" class="row" onClick={() => goTo(hit.offset)}>
              <span class="offset">{hit.offset}</span> <TypeTag type={hit.type} actor={hit.actor} />{" "}
              <span class="stream">{visible(hit.session ?? hit.stream)}</span>
              <span class="sub">{visible(hit.snippet)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
