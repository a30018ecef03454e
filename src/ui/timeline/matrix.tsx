import type { ComponentChildren } from "preact";
import type { MatrixSide } from "../../inspect/timeline/actor-types.js";
import type { MatrixAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { counted, number, visible } from "../format.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { TypeTag } from "../parts/type-tag.js";
import { filterQuery, go } from "../place.js";
import { focus } from "../walk.js";
import { PictureFoot } from "./picture-foot.js";

/** Who did what, how often. A click shows only that. */
export function MatrixStrip() {
  const { from, to } = focus.value;
  const { data, failure } = useAnswer<MatrixAnswer>(
    to === 0 ? undefined : address("matrix", { from, to }, filterQuery.value),
  );
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <div class="strip-body" />;
  if (data.matched === 0) return <Notice title="The filter hides every event in view." />;
  return (
    <>
      <Matrix answer={data} />
      <PictureFoot by="actor">
        <span>
          {counted(data.matched, "event")} of {sides(data.actors, "actor")} and {sides(data.types, "type")}
        </span>
      </PictureFoot>
    </>
  );
}

/** How many there are; all others stand as one at the end, and nobody knows how many these are. */
function sides(all: readonly MatrixSide[], one: string): string {
  const named = all.filter(({ value }) => value !== null).length;
  return named < all.length ? `more than ${counted(named, one)}` : counted(named, one);
}

function Matrix({ answer: { actors, types, cells } }: { answer: MatrixAnswer }) {
  const most = Math.max(1, ...cells.map(({ events }) => events));
  return (
    <table class="matrix">
      <thead>
        <tr>
          <th>
            <span class="visually-hidden">Actor</span>
          </th>
          {types.map((type) => (
            <th key={type.value} scope="col">
              <Chosen side={type} onClick={(value) => go({ types: [value] })}>
                {type.value === null ? "all others" : <TypeTag type={type.value} />}
              </Chosen>
            </th>
          ))}
          <th class="number">All</th>
        </tr>
      </thead>
      <tbody>
        {actors.map((actor, row) => (
          <tr key={actor.value}>
            <th scope="row">
              <Chosen side={actor} onClick={(value) => go({ actors: [value] })}>
                {actor.value === null ? "all others" : <Actor name={actor.value} />}
              </Chosen>
            </th>
            {types.map((type, column) => {
              const events = cells.find((cell) => cell.actor === row && cell.type === column)?.events ?? 0;
              return (
                <td key={type.value}>
                  {events > 0 && <Cell actor={actor.value} type={type.value} events={events} most={most} />}
                </td>
              );
            })}
            <td class="number">{number(actor.events)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">All</th>
          {types.map((type) => (
            <td key={type.value} class="number">
              {number(type.events)}
            </td>
          ))}
          <td class="number">{number(actors.reduce((sum, { events }) => sum + events, 0))}</td>
        </tr>
      </tbody>
    </table>
  );
}

interface ChosenProps {
  readonly side: MatrixSide;
  readonly onClick: (value: string) => void;
  readonly children: ComponentChildren;
}

/** All others together are no filter. */
function Chosen({ side: { value }, onClick, children }: ChosenProps) {
  if (value === null) return <span class="faint">{children}</span>;
  return (
    <button type="button" class="plain" title={`only ${visible(value)}`} onClick={() => onClick(value)}>
      {children}
    </button>
  );
}

interface CellProps {
  readonly actor: string | null;
  readonly type: string | null;
  readonly events: number;
  readonly most: number;
}

function Cell({ actor, type, events, most }: CellProps) {
  const bar = <span class="fill" style={{ width: `${(events / most) * 100}%` }} />;
  if (actor === null || type === null) {
    return (
      <span class="cell">
        {bar}
        {number(events)}
      </span>
    );
  }
  const name = `${number(events)} events: only ${visible(type)} of ${visible(actor)}`;
  return (
    <button type="button" class="cell" title={name} onClick={() => go({ actors: [actor], types: [type] })}>
      {bar}
      {number(events)}
      <span class="visually-hidden">
        : only {visible(type)} of {visible(actor)}
      </span>
    </button>
  );
}
