import { useState } from "preact/hooks";
import { visible } from "../format.js";
import { Value } from "./value.js";

export interface TreeMarks {
  /** What the selected event changed. */
  readonly changed: ReadonlySet<string>;
  /** By pointer: the offset that set it. */
  readonly setAt: ReadonlyMap<string, number>;
  /** The one that is watched. */
  readonly chosen: string | null;
  readonly choose: (pointer: string) => void;
}

interface NodeProps {
  readonly name: string;
  readonly value: unknown;
  readonly pointer: string;
  readonly marks: TreeMarks;
}

/** Members that are drawn at once. */
const SHOWN_MEMBERS = 200;

/** A record as a tree; a click on a name watches what lies there. */
export function JsonTree({ record, marks }: { record: object; marks: TreeMarks }) {
  return (
    <ul class="tree">
      <Members value={record} pointer="" marks={marks} />
    </ul>
  );
}

function Members({ value, pointer, marks }: { value: object; pointer: string; marks: TreeMarks }) {
  const [shown, show] = useState(SHOWN_MEMBERS);
  const entries = Object.entries(value);
  return (
    <>
      {entries.slice(0, shown).map(([name, member]) => (
        <Node key={name} name={name} value={member} pointer={`${pointer}/${escaped(name)}`} marks={marks} />
      ))}
      {entries.length > shown && (
        <li>
          <button type="button" class="more" onClick={() => show(shown * 4)}>
            {entries.length - shown} more
          </button>
        </li>
      )}
    </>
  );
}

function Node({ name, value, pointer, marks }: NodeProps) {
  const [isOpen, open] = useState(true);
  const isBranch =
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  const isChanged = marks.changed.has(pointer);
  const setAt = marks.setAt.get(pointer);
  return (
    <li class={isChanged ? "changed" : ""}>
      <div class="leaf">
        {isBranch ? (
          <button
            type="button"
            class="fold"
            aria-expanded={isOpen}
            aria-label={`fold ${name}`}
            onClick={() => open(!isOpen)}
          >
            {isOpen ? "▾" : "▸"}
          </button>
        ) : (
          <span class="fold" />
        )}
        <button
          type="button"
          class={`name ${marks.chosen === pointer ? "chosen" : ""}`}
          title="watch this"
          onClick={() => marks.choose(pointer)}
        >
          {visible(name)}
        </button>
        {!isBranch && <Value value={value} />}
        {isChanged && <span class="visually-hidden">changed by this event</span>}
        {setAt !== undefined && (
          <span class="set-at" title={`set by event ${setAt}`}>
            ◂{setAt}
          </span>
        )}
      </div>
      {isBranch && isOpen && (
        <ul>
          <Members value={value as object} pointer={pointer} marks={marks} />
        </ul>
      )}
    </li>
  );
}

function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
