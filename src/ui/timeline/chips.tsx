import { useState } from "preact/hooks";
import type { FacetsAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { colourOf } from "../colours.js";
import { dotted, number, visible } from "../format.js";
import { filterQuery, go, isFiltered, NO_FILTER, place } from "../place.js";
import { focus } from "../walk.js";

const SHOWN = 6;

/** Which events are meant: a click takes one in or out, "only" takes all others out. */
export function Chips() {
  const { from, to } = focus.value;
  const { data } = useAnswer<FacetsAnswer>(to === 0 ? undefined : address("facets", { from, to }, filterQuery.value));
  if (data === undefined) return <div class="chips" />;
  const { types, actors, only, paths } = place.value;
  return (
    <div class="chips" role="group" aria-label="filter">
      <ChipList label="Types" values={data.types} chosen={types} choose={(list) => go({ types: list })} kind="type" />
      <ChipList
        label="Actors"
        values={data.actors}
        chosen={actors}
        choose={(list) => go({ actors: list })}
        kind="actor"
      />
      {only.map((session) => (
        <Chosen key={session} what="session" name={session} drop={() => go({ only: without(only, session) })} />
      ))}
      {paths.map((path) => (
        <Chosen key={path} what="path" name={pathName(path)} drop={() => go({ paths: without(paths, path) })} />
      ))}
      {isFiltered.value && (
        <span class="hidden-count">
          {number(data.matched)} shown, {number(data.hidden)} hidden{" "}
          <button type="button" class="quiet" onClick={() => go(NO_FILTER)}>
            clear filter
          </button>
        </span>
      )}
    </div>
  );
}

/** A condition that is only there while it holds. */
function Chosen({ what, name, drop }: { what: string; name: string; drop: () => void }) {
  return (
    <button type="button" class="chip on" title={visible(name)} onClick={drop}>
      {what} <span class="chip-name">{visible(name)}</span> <span aria-hidden="true">✕</span>
      <span class="visually-hidden">take away</span>
    </button>
  );
}

function without(list: readonly string[], one: string): string[] {
  return list.filter((other) => other !== one);
}

function pathName(path: string): string {
  return path.startsWith("/") ? dotted(path) : path;
}

interface ChipListProps {
  readonly label: string;
  readonly values: ReadonlyArray<{ readonly value: string; readonly events: number }>;
  readonly chosen: readonly string[];
  readonly choose: (chosen: string[]) => void;
  readonly kind: "type" | "actor";
}

function ChipList({ label, values, chosen, choose, kind }: ChipListProps) {
  const [isOpen, open] = useState(false);
  // What was chosen stays in sight, also where the range has none of it.
  const absent = chosen
    .filter((value) => !values.some((one) => one.value === value))
    .map((value) => ({ value, events: 0 }));
  const all = [...absent, ...values];
  const shown = isOpen ? all : all.filter(({ value }, i) => i < SHOWN || chosen.includes(value));
  return (
    <div class="chip-list">
      <span class="label">{label}</span>
      {shown.map(({ value, events }) => {
        const isOn = chosen.includes(value);
        const toggled = isOn ? chosen.filter((one) => one !== value) : [...chosen, value];
        return (
          <span key={value} class={`chip ${isOn ? "on" : ""}`}>
            <button type="button" aria-pressed={isOn} title={visible(value)} onClick={() => choose(toggled)}>
              {place.value.by === kind && <span class="dot" style={{ background: colourOf(value, kind) }} />}
              <span class="chip-name">{visible(value.replace(/^session\./, ""))}</span>{" "}
              <span class="count">{number(events)}</span>
            </button>
            <button type="button" class="only" aria-label={`only ${visible(value)}`} onClick={() => choose([value])}>
              only
            </button>
          </span>
        );
      })}
      {(isOpen || all.length > shown.length) && (
        <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
          {isOpen ? "fewer" : `+${all.length - shown.length}`}
        </button>
      )}
    </div>
  );
}
