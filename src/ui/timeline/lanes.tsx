import { useCallback, useRef, useState } from "preact/hooks";
import type { LanesAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { colourOf, INKS, theme } from "../colours.js";
import { number, visible } from "../format.js";
import { at } from "../live.js";
import { FailureNotice } from "../parts/notice.js";
import { filterQuery, go, place } from "../place.js";
import { focus, goTo, shownSession } from "../walk.js";
import { Canvas, type Draw } from "./canvas.js";
import { laneBox } from "./lane-box.js";
import { OffsetScale } from "./scale.js";

const LANE_PX = 20;
const BUCKETS = 300;

/** One row a session: when it lived, and what happened to it. */
export function LanesStrip() {
  const { from, to } = focus.value;
  const url = to === 0 ? undefined : address("lanes", { from, to, buckets: BUCKETS }, filterQuery.value);
  const { data, failure } = useAnswer<LanesAnswer>(url);
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <div class="strip-body" />;
  return (
    <div class="lanes">
      <div class="lane-names">
        {data.lanes.map(({ stream, session, events }) => (
          <button
            key={stream}
            type="button"
            class={session !== null && session === shownSession.value ? "chosen" : ""}
            title={visible(stream)}
            onClick={() => session !== null && go({ session })}
          >
            <span class="lane-name">{visible(session ?? stream)}</span> <span class="count">{number(events)}</span>
          </button>
        ))}
        {data.others > 0 && <span class="label">and {number(data.others)} more</span>}
      </div>
      <LanePlot answer={data} />
    </div>
  );
}

function LanePlot({ answer }: { answer: LanesAnswer }) {
  const [width, setWidth] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const ink = INKS[theme.value];
  const scale = new OffsetScale(answer.from, answer.to, width);
  const here = at.value;
  const { by } = place.value;
  const draw = useCallback<Draw>(
    (context) => drawLanes(context, answer, scale, here, by, ink),
    [answer, width, here, by, ink],
  );
  const choose = (event: PointerEvent) => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined) return;
    const lane = answer.lanes[Math.floor((event.clientY - bounds.top) / LANE_PX)];
    const offset = scale.offsetAt(event.clientX - bounds.left);
    if (lane === undefined) return;
    const nearest = [...lane.cells].sort((a, b) => Math.abs(a.offset - offset) - Math.abs(b.offset - offset))[0];
    if (lane.session !== null) go({ session: lane.session }, "replace");
    goTo(nearest?.offset ?? offset);
  };
  const label = `${answer.lanes.length} lanes of sessions, events ${answer.from} to ${answer.to}`;
  return (
    <div ref={box} class="lane-plot" onPointerDown={choose}>
      <Canvas draw={draw} height={Math.max(1, answer.lanes.length) * LANE_PX} label={label} onWidth={setWidth} />
    </div>
  );
}

function drawLanes(
  context: CanvasRenderingContext2D,
  { lanes, from, width }: LanesAnswer,
  scale: OffsetScale,
  here: number,
  by: "type" | "actor",
  ink: (typeof INKS)["light"],
): void {
  for (const [i, { first, last, cells }] of lanes.entries()) {
    const middle = i * LANE_PX + LANE_PX / 2;
    context.fillStyle = ink.line;
    context.fillRect(scale.leftOf(first), middle - 1, Math.max(2, scale.leftOf(last + 1) - scale.leftOf(first)), 2);
    for (const { bucket, events, type, actor, offset } of cells) {
      const { left, wide } = laneBox(scale, from + bucket * width, width);
      const tall = Math.min(LANE_PX - 4, 6 + 3 * Math.log2(events + 1));
      context.globalAlpha = offset > here ? 0.35 : 1;
      context.fillStyle = by === "type" ? colourOf(type) : colourOf(actor, "actor");
      context.beginPath();
      context.roundRect(left, middle - tall / 2, wide, tall, 2);
      context.fill();
    }
    context.globalAlpha = 1;
  }
  if (here < scale.from || here > scale.to) return;
  context.fillStyle = ink.accent;
  context.fillRect(scale.middleOf(here) - 1, 0, 2, lanes.length * LANE_PX);
}
