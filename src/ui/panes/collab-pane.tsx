import type { CollabAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { number, visible } from "../format.js";
import { at } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { Tabs } from "../parts/tabs.js";
import { StoredText } from "../parts/value.js";
import { Waiting } from "../parts/waiting.js";
import { When } from "../parts/when.js";
import { COLLAB_PARTS, type CollabPart, go, place } from "../place.js";
import { shownCollab } from "../walk.js";
import { Artifacts } from "./collab/artifacts.js";
import { CollabList } from "./collab/collab-list.js";
import { CollabSearch } from "./collab/collab-search.js";
import { Conversation } from "./collab/conversation.js";
import { Memories } from "./collab/memories.js";
import { TaskBoard } from "./collab/task-board.js";

const NAMES: Readonly<Record<CollabPart, readonly [name: string, kind: "chunk" | "memory" | "task" | "artifact"]>> = {
  talk: ["Conversation", "chunk"],
  memories: ["Memories", "memory"],
  tasks: ["Tasks", "task"],
  artifacts: ["Artifacts", "artifact"],
};

/** What people and agents that work together had by then: the session of the selected event, or the one that was chosen. */
export function CollabPane() {
  const session = shownCollab.value || null;
  const url = session === null ? undefined : address("collab", { session, at: at.value });
  const { data, failure, isStale } = useAnswer<CollabAnswer>(url);
  if (session === null) {
    return (
      <>
        <CollabSearch session={null} />
        <CollabList />
      </>
    );
  }
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  return (
    <div class={isStale ? "stale" : ""}>
      <About answer={data} session={session} />
      <CollabSearch session={session} />
      {data.found === null ? <NotThere answer={data} /> : <Parts answer={data} session={session} />}
    </div>
  );
}

function NotThere({ answer: { at: asked, offset } }: { answer: CollabAnswer }) {
  const isNow = asked === offset;
  return (
    <Notice
      title={
        isNow
          ? "The log has no collaborative session of this name."
          : "This collaborative session did not exist yet at this offset."
      }
    />
  );
}

function About({ answer: { found, at: asked }, session }: { answer: CollabAnswer; session: string }) {
  const state = found?.state ?? null;
  return (
    <>
      <p class="about">
        <strong>{visible(session)}</strong>
        {state !== null && state.title !== session && <StoredText text={state.title} most={80} />}
        {state !== null && <span class={`state state-${state.status}`}>{state.status}</span>}
        <span>after event {number(asked)}</span>
        <button type="button" class="quiet" onClick={() => go({ collab: "" })}>
          all of them
        </button>
      </p>
      {found !== null && (
        <p class="about">
          {state?.participants.map((name) => (
            <Actor key={name} name={name} />
          ))}
          {state === null && <span class="bad">its beginning was erased, or is not there</span>}
          <span>
            last changed by <Actor name={found.lastActor} /> <When iso={found.lastAt} withDay />
          </span>
        </p>
      )}
    </>
  );
}

function Parts({ answer, session }: { answer: CollabAnswer; session: string }) {
  const { part } = place.value;
  const names = COLLAB_PARTS.map((one): [CollabPart, string] => {
    const [name, kind] = NAMES[one];
    return [one, `${name} ${number(answer.found?.counts[kind] ?? 0)}`];
  });
  return (
    <>
      <Tabs id="collab" label="parts of the session" names={names} chosen={part} choose={(one) => go({ part: one })} />
      {/* Of another session nothing is kept: neither the page of a list nor what was opened. */}
      <div key={session} id="collab-panel" class="collab" role="tabpanel" aria-labelledby={`collab-${part}`}>
        <PartOf part={part} session={session} time={answer.time} />
      </div>
    </>
  );
}

function PartOf({ part, session, time }: { part: CollabPart; session: string; time: string | null }) {
  switch (part) {
    case "talk":
      return <Conversation session={session} />;
    case "memories":
      return <Memories session={session} />;
    case "tasks":
      return <TaskBoard session={session} time={time} />;
    case "artifacts":
      return <Artifacts session={session} />;
    default:
      throw new TypeError(`unhandled ${part satisfies never}`);
  }
}
