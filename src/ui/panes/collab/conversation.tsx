import type { PastChunk } from "../../../inspect/past-collab-shapes.js";
import { at } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { StoredText } from "../../parts/value.js";
import { When } from "../../parts/when.js";
import { goTo } from "../../walk.js";
import { useParts } from "./use-parts.js";
import { WholeText } from "./whole-text.js";

const PAGE = 30;

/** What was said by then: read from above, the newest last. */
export function Conversation({ session }: { session: string }) {
  const { rows, instead, foot } = useParts<PastChunk>(session, "chunk", PAGE, ["part of a conversation", "parts"]);
  if (instead !== undefined) return instead;
  return (
    <>
      {foot}
      <ol class="talk">
        {[...rows].reverse().map((chunk) => (
          <li key={chunk.key} class={chunk.offset === at.value ? "changed" : ""}>
            <p class="about">
              <strong>
                <StoredText text={chunk.key} most={80} />
              </strong>
              <span class="tag">{chunk.format}</span>
              {chunk.participants.map((name) => (
                <Actor key={name} name={name} />
              ))}
              <span class="set-by">
                <Actor name={chunk.actor} /> <When iso={chunk.created} withDay />{" "}
                <button type="button" class="link" onClick={() => goTo(chunk.contentOffset)}>
                  {chunk.contentOffset}
                </button>
              </span>
            </p>
            <WholeText offset={chunk.contentOffset} preview={chunk.preview} chars={chunk.chars} />
          </li>
        ))}
      </ol>
    </>
  );
}
