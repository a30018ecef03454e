import type { ComponentChildren } from "preact";
import { auditLine } from "../commands.js";
import { visible } from "../format.js";
import { hello } from "../live.js";
import { copy } from "../parts/copy-buttons.js";
import { go, place } from "../place.js";
import { focus, shownSession } from "../walk.js";

/** Below a picture: of which sessions it is, and the command that counts the same. */
export function PictureFoot({ by, children }: { by: "path" | "actor" | "type"; children: ComponentChildren }) {
  const session = shownSession.value;
  const { only } = place.value;
  const isOne = session !== null && only.length === 1 && only[0] === session;
  const line = () => auditLine(place.peek(), focus.peek(), hello.peek()?.store ?? "", by);
  return (
    <p class="foot picture-foot">
      {children}
      {session !== null && (
        <button type="button" aria-pressed={isOne} onClick={() => go({ only: isOne ? [] : [session] })}>
          only {visible(session)}
        </button>
      )}
      <button type="button" title={line()} onClick={() => copy(line(), "command")}>
        copy command
      </button>
    </p>
  );
}
