import type { PastMemory } from "../../../inspect/past-collab-shapes.js";
import { visible } from "../../format.js";
import { at } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { StoredText } from "../../parts/value.js";
import { When } from "../../parts/when.js";
import { goTo } from "../../walk.js";
import { ChangesOf } from "./changes-of.js";
import { useParts } from "./use-parts.js";
import { WholeText } from "./whole-text.js";

const PAGE = 50;

/** What the session remembered then, the last changed first; each with the values that it had before. */
export function Memories({ session }: { session: string }) {
  const { rows, instead, foot } = useParts<PastMemory>(session, "memory", PAGE, ["memory", "memories"]);
  if (instead !== undefined) return instead;
  return (
    <>
      <ul class="memories">
        {rows.map((memory) => (
          <li key={memory.key} class={memory.offset === at.value ? "changed" : ""}>
            <p class="about">
              <strong>
                <StoredText text={memory.key} most={120} />
              </strong>
              <span class="tag">{memory.type}</span>
              {memory.tags.map((tag) => (
                <span key={tag} class="tag">
                  # {visible(tag)}
                </span>
              ))}
              <span class="set-by">
                <Actor name={memory.actor} /> <When iso={memory.updated} withDay />{" "}
                <button type="button" class="link" onClick={() => goTo(memory.lastOffset)}>
                  {memory.lastOffset}
                </button>
              </span>
            </p>
            <WholeText offset={memory.lastOffset} preview={memory.text} chars={memory.chars} />
            {memory.version > 1 && (
              <ChangesOf session={session} kind="memory" id={memory.key} label={earlier(memory.version - 1)} />
            )}
          </li>
        ))}
      </ul>
      {foot}
    </>
  );
}

function earlier(count: number): string {
  return count === 1 ? "1 earlier value" : `${count} earlier values`;
}
