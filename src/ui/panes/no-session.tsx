import { visible } from "../format.js";
import { at, tail } from "../live.js";
import { Notice } from "../parts/notice.js";
import { Waiting } from "../parts/waiting.js";
import { go } from "../place.js";
import { step } from "../walk.js";

/** The selected event is about no session, or nothing has happened yet. */
export function NoSession() {
  const row = step.value?.row;
  // Nobody knows yet what the first chosen event is about.
  if (at.value > 0 && row === undefined) return <Waiting />;
  const collab = row?.offset === at.value ? row.collab : null;
  if (collab !== null && collab !== undefined) return <OfCollab session={collab} />;
  const title = at.value === 0 ? "Nothing has happened yet at offset 0." : "This event is about no session.";
  return (
    <Notice title={title}>
      <p>
        {tail.value > 0 && "Choose a session, or see "}
        <button type="button" class="quiet" onClick={() => go({ pane: "all" })}>
          all sessions at this offset
        </button>
      </p>
    </Notice>
  );
}

function OfCollab({ session }: { session: string }) {
  return (
    <Notice title="This event is about a collaborative session, which has no record.">
      <p>
        <button type="button" class="quiet" onClick={() => go({ pane: "collab", collab: null })}>
          see {visible(session)} at this offset
        </button>
      </p>
    </Notice>
  );
}
