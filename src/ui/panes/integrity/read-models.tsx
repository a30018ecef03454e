import { useState } from "preact/hooks";
import type { ProjectionState } from "../../../inspect/projections.js";
import type { ProjectionCheckAnswer, ProjectionsAnswer } from "../../../ui-server/answers.js";
import { useAnswer } from "../../answer.js";
import { address, ask, type Failure } from "../../api.js";
import { counted, number, visible } from "../../format.js";
import { FailureNotice } from "../../parts/notice.js";
import { Waiting } from "../../parts/waiting.js";
import { goTo } from "../../walk.js";

/** Differences that are named; the command names more. */
const SHOWN = 5;

/** What is computed from the log and kept: how far it is, and whether it is what a fresh fold gives. */
export function ReadModels() {
  const [looked, look] = useState(0);
  const { data, failure } = useAnswer<ProjectionsAnswer>("/api/projections", looked);
  return (
    <>
      <h2>Read models</h2>
      {failure !== undefined && <FailureNotice failure={failure} />}
      {data === undefined && failure === undefined && <Waiting />}
      {data !== undefined && <Table answer={data} />}
      {data !== undefined && (
        <p class="acts">
          <button type="button" onClick={() => look(looked + 1)}>
            Look again
          </button>
          <span class="faint">
            at event {number(data.offset)} of the log; looking brings none of them up to date, and whoever reads one
            does
          </span>
        </p>
      )}
    </>
  );
}

function Table({ answer: { items, offset } }: { answer: ProjectionsAnswer }) {
  const isThere = (item: ProjectionState) => item.offset > 0 || item.fault !== undefined;
  const absent = items.filter((item) => !isThere(item)).map(({ name }) => name);
  const there = items.filter(isThere);
  return (
    <>
      {there.length > 0 && (
        <div class="table-box">
          <table>
            <thead>
              <tr>
                <th>Name</th>
                <th class="number">Checkpoint</th>
                <th class="number">Behind</th>
                <th class="number">Documents</th>
                <th>As a fresh fold?</th>
              </tr>
            </thead>
            <tbody>
              {there.map((item) => (
                <Row key={item.name} item={item} tail={offset} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {absent.length > 0 && <p class="foot">Not there yet, for nobody has read them: {absent.join(", ")}.</p>}
    </>
  );
}

function Row({ item, tail }: { item: ProjectionState; tail: number }) {
  return (
    <tr>
      <td>
        {item.name} <span class="faint">r{item.revision}</span>
        <span class="sub">{item.kind === "table" ? "in a table" : "in memory, from snapshots"}</span>
      </td>
      <td class="number">{number(item.offset)}</td>
      <td class="number">
        {number(item.behind)}
        <span class="fill" style={{ width: `${(item.behind / Math.max(1, tail)) * 100}%` }} />
      </td>
      <td class="number">{number(item.documents)}</td>
      <td>
        <State item={item} />
      </td>
    </tr>
  );
}

function State({ item }: { item: ProjectionState }) {
  const [checked, show] = useState<ProjectionCheckAnswer["check"] | "runs" | undefined>(undefined);
  const [failure, fail] = useState<Failure | undefined>(undefined);
  const check = async () => {
    show("runs");
    fail(undefined);
    try {
      show((await ask<ProjectionCheckAnswer>(address("projection-check", { name: item.name }))).check);
    } catch (error) {
      show(undefined);
      fail(error as Failure);
    }
  };
  if (item.fault !== undefined) {
    const { offset, why } = item.fault;
    return (
      <span class="bad">
        stopped at{" "}
        <button type="button" class="link" onClick={() => goTo(offset)}>
          event {number(offset)}
        </button>
        : {visible(why)}
      </span>
    );
  }
  return (
    <>
      <button
        type="button"
        class="check"
        disabled={checked === "runs"}
        aria-label={`compare ${item.name}`}
        onClick={() => void check()}
      >
        {checked === "runs" ? "comparing…" : "compare"}
      </button>{" "}
      <span role="status">{checked !== undefined && checked !== "runs" && <Verdict check={checked} />}</span>
      {failure !== undefined && <FailureNotice failure={failure} />}
    </>
  );
}

function Verdict({ check }: Pick<ProjectionCheckAnswer, "check">) {
  const { name, offset, documents, differences, differenceCount } = check;
  if (offset === 0) return <span class="faint">nothing is stored</span>;
  if (differenceCount === 0) {
    return (
      <span class="good">
        ✓ {counted(documents, "document")} as a fresh fold of events 1–{number(offset)}
      </span>
    );
  }
  return (
    <div class="bad">
      ✖ {counted(differenceCount, "document")} not as a fresh fold of events 1–{number(offset)} gives them
      <ul>
        {differences.slice(0, SHOWN).map(({ id, kind, paths }) => (
          <li key={`${id} ${kind}`}>
            {visible(id.slice(0, 120))}: {kind} {visible(paths.slice(0, SHOWN).join(" ").slice(0, 200))}
          </li>
        ))}
      </ul>
      What to do: <code>sessiondb projection rebuild {name}</code>
    </div>
  );
}
