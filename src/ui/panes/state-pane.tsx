import type { BlameAnswer, StateAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { visible } from "../format.js";
import { at } from "../live.js";
import { Actor } from "../parts/actor.js";
import { JsonTree } from "../parts/json-tree.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { Waiting } from "../parts/waiting.js";
import { When } from "../parts/when.js";
import { place } from "../place.js";
import { shownSession, step, watch } from "../walk.js";
import { NoSession } from "./no-session.js";
import { usePaneJson } from "./use-pane-json.js";

/** The record of one session as it was then. What the selected event changed is lit up; who set each value stands beside it. */
export function StatePane() {
  const session = shownSession.value;
  const asked = session === null ? undefined : { session, at: at.value };
  const { data, failure, isStale } = useAnswer<StateAnswer>(asked && address("state", asked));
  const hasRecord = data !== undefined && data.version > 0 && data.record !== null;
  const blamed = useAnswer<BlameAnswer>(asked !== undefined && hasRecord ? address("blame", asked) : undefined);
  usePaneJson(data);
  if (session === null) return <NoSession />;
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  const isOfStep = step.value?.row.session === session && step.value.row.offset === at.value;
  const marks = {
    changed: new Set(isOfStep ? (step.value?.changes.map(({ path }) => path) ?? []) : []),
    setAt: new Map(blamed.data?.entries.map(({ path, set }) => [path, set.offset]) ?? []),
    chosen: place.value.path,
    choose: watch,
  };
  return (
    <div class={isStale ? "stale" : ""}>
      <p class="about">
        <strong>{visible(data.session)}</strong> v{data.version} after event {data.at}
        {data.lastActor !== null && data.updatedAt !== null && (
          <>
            {" · last changed by "}
            <Actor name={data.lastActor} /> <When iso={data.updatedAt} withDay />
          </>
        )}
      </p>
      <Missing state={data} />
      {data.record !== null && <JsonTree record={data.record as object} marks={marks} />}
      {data.faultCount > 0 && <Faults state={data} />}
    </div>
  );
}

function Missing({ state }: { state: StateAnswer }) {
  if (state.deleted !== null) {
    return (
      <Notice title={`It was deleted by event ${state.deleted.offset}.`}>
        <p>Step back to see it as it was.</p>
      </Notice>
    );
  }
  if (state.version > 0) return null;
  const isNow = state.at === state.offset;
  return (
    <Notice title={isNow ? "The log has no session of this name." : "This session did not exist yet at this offset."} />
  );
}

function Faults({ state }: { state: StateAnswer }) {
  return (
    <div class="notice failure">
      <strong>{state.faultCount} of its events could not be applied</strong>
      <ul>
        {state.faults.map(({ offset, why }) => (
          <li key={offset}>
            event {offset}: {visible(why)}
          </li>
        ))}
      </ul>
      <p>What to do: where a schema is newer, open the store with a newer sessiondb; else run sessiondb verify.</p>
    </div>
  );
}
