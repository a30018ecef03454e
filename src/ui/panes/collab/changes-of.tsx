import { useState } from "preact/hooks";
import type { CollabChangesAnswer } from "../../../ui-server/answers.js";
import { useAnswer } from "../../answer.js";
import { address } from "../../api.js";
import { number, visible } from "../../format.js";
import { at } from "../../live.js";
import { Actor } from "../../parts/actor.js";
import { FailureNotice } from "../../parts/notice.js";
import { TypeTag } from "../../parts/type-tag.js";
import { Waiting } from "../../parts/waiting.js";
import { When } from "../../parts/when.js";
import { goTo } from "../../walk.js";
import { WholeText } from "./whole-text.js";

interface ChangesOfProps {
  readonly session: string;
  readonly kind: "memory" | "task" | "artifact";
  readonly id: string;
  /** What the button says. */
  readonly label: string;
}

/** What happened to one thing up to now, the newest first, once somebody opens it. */
export function ChangesOf({ label, ...thing }: ChangesOfProps) {
  const [isOpen, open] = useState(false);
  return (
    <>
      <button type="button" class="more" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
        {label}
      </button>
      {isOpen && <Changes {...thing} />}
    </>
  );
}

function Changes({ session, kind, id }: Omit<ChangesOfProps, "label">) {
  const url = address("collab-changes", { session, kind, key: id, at: at.value });
  const { data, failure } = useAnswer<CollabChangesAnswer>(url);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  return (
    <ol class="changes-of">
      {data.changes.map((change) => (
        <li key={change.offset}>
          <p class="about">
            <button type="button" class="link" onClick={() => goTo(change.offset)}>
              {change.offset}
            </button>
            <span>v{change.version}</span>
            <TypeTag type={change.type} />
            <Actor name={change.actor} />
            <When iso={change.time} withDay />
            {change.reason !== null && <q>{visible(change.reason)}</q>}
          </p>
          {change.text !== "" && <WholeText offset={change.offset} preview={change.text} chars={change.chars} />}
        </li>
      ))}
      {data.older > 0 && <li class="foot">{number(data.older)} before these</li>}
    </ol>
  );
}
