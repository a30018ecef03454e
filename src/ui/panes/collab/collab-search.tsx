import { useState } from "preact/hooks";
import type { CollabSearchAnswer } from "../../../ui-server/answers.js";
import { useAnswer } from "../../answer.js";
import { address } from "../../api.js";
import { counted, number, visible } from "../../format.js";
import { at, drawnTo } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { FailureNotice } from "../../parts/notice.js";
import { Waiting } from "../../parts/waiting.js";
import { When } from "../../parts/when.js";
import { type CollabPart, go, place } from "../../place.js";
import { usePaneJson } from "../use-pane-json.js";

const LIMIT = 30;
const PARTS: Readonly<Record<Hit["kind"], CollabPart>> = { chunk: "talk", memory: "memories", artifact: "artifacts" };
const NAMES: Readonly<Record<Hit["kind"], string>> = {
  chunk: "conversations",
  memory: "memories",
  artifact: "artifacts",
};

type Hit = CollabSearchAnswer["hits"][number];

/** Words in conversations, memories and artifacts: of one session, or of all. What is searched for stands in the address. */
export function CollabSearch({ session }: { session: string | null }) {
  const { find } = place.value;
  const [text, type] = useState(find ?? "");
  const [known, know] = useState(find);
  // Chosen elsewhere, by a link or the back button: what was typed here is of before.
  if (known !== find) {
    know(find);
    type(find ?? "");
  }
  return (
    <>
      <form
        class="path-form"
        role="search"
        aria-label="collaborative sessions"
        onSubmit={(event) => {
          event.preventDefault();
          go({ find: text.trim() === "" ? null : text.trim() });
        }}
      >
        <input
          type="search"
          class="search"
          aria-label={session === null ? "find a text in all collaborative sessions" : "find a text in this session"}
          placeholder={'word begin* "a phrase" -without'}
          value={text}
          onInput={(event) => type(event.currentTarget.value)}
        />
        <button type="submit">Find</button>
        {find !== null && (
          <button type="button" onClick={() => go({ find: null })}>
            Close
          </button>
        )}
      </form>
      {find !== null && <Found text={find} session={session} />}
    </>
  );
}

function Found({ text, session }: { text: string; session: string | null }) {
  const { data, failure } = useAnswer<CollabSearchAnswer>(
    address("collab-search", { text, session, limit: LIMIT }),
    drawnTo.value,
  );
  usePaneJson(data);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  return (
    <section class="found" aria-label="found">
      <p class="foot" role="status">
        {data.hits.length === 0 ? "Nothing found" : `${counted(data.hits.length, "place")}`}
        {data.more && ", the best of more"} <HowFar answer={data} />
      </p>
      <ul>
        {data.hits.map((hit) => (
          <HitRow key={`${hit.kind} ${hit.session} ${hit.id}`} hit={hit} />
        ))}
      </ul>
    </section>
  );
}

/** A search that brings nothing up to date has to say what it did not see. */
function HowFar({ answer: { offset, tail, unfilled } }: { answer: CollabSearchAnswer }) {
  const behind = tail - offset;
  return (
    <>
      {offset > 0 && `as of event ${number(offset)}, wherever the slider stands`}
      {offset > 0 && behind > 0 && <span class="bad"> · the read models lack the last {counted(behind, "event")}</span>}
      {unfilled.length > 0 && (
        <span class="bad">
          {" "}
          · {unfilled.map((kind) => NAMES[kind]).join(", ")} could not be searched: their read models are not there yet
        </span>
      )}
      {(behind > 0 || unfilled.length > 0) && (
        <>
          . The page writes nothing; <code>sessiondb collab refresh</code> brings them up to date.
        </>
      )}
    </>
  );
}

function HitRow({ hit }: { hit: Hit }) {
  const { kind, session, id, type, created, actor, snippet, textOffset } = hit;
  const isLater = textOffset > at.value;
  return (
    <li class={textOffset === at.value ? "changed" : ""}>
      <button
        type="button"
        class="row"
        onClick={() => go({ at: textOffset, collab: session, part: PARTS[kind], pane: "collab" })}
      >
        <span class="offset">{number(textOffset)}</span> <span class="tag">{type}</span>{" "}
        <strong>
          {visible(session)}/{visible(id)}
        </strong>{" "}
        <Actor name={actor} /> <When iso={created} withDay />
        {isLater && <span class="faint"> after the selected event</span>}
        <span class="snippet">
          <Marked snippet={snippet} />
        </span>
      </button>
    </li>
  );
}

/** The words that were found stand out, also for those who hear the page. */
function Marked({ snippet: { text, marks } }: { snippet: Hit["snippet"] }) {
  const ends = [0, ...marks.map(([, to]) => to)];
  return (
    <>
      {marks.map(([from, to], i) => (
        <>
          {visible(text.slice(ends[i], from))}
          <mark>{visible(text.slice(from, to))}</mark>
        </>
      ))}
      {visible(text.slice(ends.at(-1)))}
    </>
  );
}
