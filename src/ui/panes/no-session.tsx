import { at, tail } from "../live.js";
import { Notice } from "../parts/notice.js";
import { go } from "../place.js";

/** The selected event is about no session, or nothing has happened yet. */
export function NoSession() {
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
