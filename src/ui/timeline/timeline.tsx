import { useRef } from "preact/hooks";
import type { DensityAnswer, MarksAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { number } from "../format.js";
import { at, drawnTo, isReadingUp, status } from "../live.js";
import { FailureNotice } from "../parts/notice.js";
import { filterQuery, place } from "../place.js";
import { focus } from "../walk.js";
import { useWidth } from "./canvas.js";
import { Chips } from "./chips.js";
import { DensityPlot } from "./density-plot.js";
import { Readout } from "./readout.js";
import { Slider } from "./slider.js";
import { Transport } from "./transport.js";

const BUCKET_PX = 5;
const MOST_BUCKETS = 400;

/** The whole log from left to right, and the place that is chosen in it. */
export function Timeline() {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { from, to } = focus.value;
  const buckets = Math.max(20, Math.min(MOST_BUCKETS, Math.floor(width / BUCKET_PX)));
  const url =
    to === 0 || width === 0
      ? undefined
      : address("density", { from, to, buckets, by: place.value.by }, filterQuery.value);
  const { data, failure } = useAnswer<DensityAnswer>(url);
  const marks = useAnswer<MarksAnswer>("/api/marks", drawnTo.value);
  return (
    <section class="timeline card" aria-label="timeline">
      <div class="timeline-row">
        <Readout />
        <div ref={box} class="timeline-plots">
          {isReadingUp.value && <ReadingUp />}
          {failure !== undefined && <FailureNotice failure={failure} />}
          {data !== undefined && <DensityPlot density={data} at={at.value} />}
          {data === undefined && <div class="density skeleton" />}
          <Slider marks={marks.data?.marks ?? []} />
        </div>
      </div>
      <Transport />
      <Chips />
    </section>
  );
}

function ReadingUp() {
  const { indexed, tail } = status.value;
  return (
    <div class="reading-up" role="status">
      reading the log: {number(indexed)} of {number(tail)} events
      <progress max={tail} value={indexed} aria-label="events read" />
    </div>
  );
}
