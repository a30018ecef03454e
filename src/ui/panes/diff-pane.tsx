import type { DiffAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { number, visible } from "../format.js";
import { at } from "../live.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { Waiting } from "../parts/waiting.js";
import { go, place } from "../place.js";
import { goTo, pinBase, shownSession, step } from "../walk.js";
import { ChangesTable } from "./changes-table.js";
import { NoSession } from "./no-session.js";
import { usePaneJson } from "./use-pane-json.js";

/** What the selected event changed; or, with a pinned point, what lies between that and the selected offset. */
export function DiffPane() {
  const { base } = place.value;
  return (
    <div>
      <p class="about">
        {base === null ? (
          <button type="button" onClick={() => pinBase(at.value)}>
            Pin {at.value} as base (d)
          </button>
        ) : (
          <>
            <button type="button" class="link" onClick={() => goTo(base)}>
              {base}
            </button>{" "}
            → {at.value}{" "}
            <button type="button" onClick={() => go({ base: at.value, at: base })}>
              swap
            </button>{" "}
            <button type="button" onClick={() => go({ base: null })}>
              unpin
            </button>
          </>
        )}
      </p>
      {base === null ? <StepDiff /> : <PinnedDiff base={base} />}
    </div>
  );
}

function StepDiff() {
  const data = step.value;
  usePaneJson(data);
  if (at.value === 0) return <NoSession />;
  if (data === undefined) return <Waiting />;
  const { row, changes, fault } = data;
  const isOther = place.value.session !== null && row.session !== place.value.session;
  return (
    <>
      <p class="about">
        event {row.offset} · {visible(row.type)} · {visible(row.session ?? row.stream)}
        {isOther && " (another session than the chosen one)"}
      </p>
      {fault !== null && <Notice title={`It was passed over: ${visible(fault)}`} />}
      {changes.length === 0 && fault === null && <p class="foot">This event changed no record.</p>}
      <ChangesTable changes={changes} />
    </>
  );
}

function PinnedDiff({ base }: { base: number }) {
  const session = shownSession.value;
  const url = session === null ? undefined : address("diff", { session, from: base, to: at.value });
  const { data, failure } = useAnswer<DiffAnswer>(url);
  usePaneJson(data);
  if (session === null) return <NoSession />;
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <Waiting />;
  return (
    <>
      <p class="about">
        <strong>{visible(session)}</strong> v{data.from.version} → v{data.to.version} · {number(data.events)}{" "}
        {data.events === 1 ? "event" : "events"} between
      </p>
      {data.changes.length === 0 && <p class="foot">Nothing differs.</p>}
      <ChangesTable changes={data.changes} />
    </>
  );
}
