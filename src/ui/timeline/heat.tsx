import { useRef, useState } from "preact/hooks";
import type { HeatAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { counted, number } from "../format.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { filterQuery, go, place } from "../place.js";
import { focus } from "../walk.js";
import { useWidth } from "./canvas.js";
import { HeatPlot } from "./heat-plot.js";
import { HeatTable } from "./heat-table.js";
import { PictureFoot } from "./picture-foot.js";

const BUCKET_PX = 9;
const NAMES_PX = 200;
const MOST_BUCKETS = 160;

/** Which values change, and when: one row a path, the darker the more events wrote it there. */
export function HeatStrip() {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { from, to } = focus.value;
  const buckets = Math.max(20, Math.min(MOST_BUCKETS, Math.floor((width - NAMES_PX) / BUCKET_PX)));
  const url = to === 0 || width === 0 ? undefined : address("heat", { from, to, buckets }, filterQuery.value);
  const { data, failure } = useAnswer<HeatAnswer>(url);
  return (
    <div ref={box} class="heat">
      {failure !== undefined && <FailureNotice failure={failure} />}
      {failure === undefined && data !== undefined && <Heat answer={data} />}
    </div>
  );
}

function Heat({ answer }: { answer: HeatAnswer }) {
  const [hit, point] = useState("");
  if (answer.rows.length === 0) {
    return <Notice title="No event in view writes a place of a record." />;
  }
  const isTable = place.value.heat === "table";
  return (
    <>
      {isTable ? <HeatTable answer={answer} /> : <HeatPlot answer={answer} point={point} />}
      <PictureFoot by="path">
        <span>{hit === "" ? about(answer) : hit}</span>
        <button
          type="button"
          aria-pressed={isTable}
          onClick={() => go({ heat: isTable ? "picture" : "table" }, "replace")}
        >
          as a table
        </button>
      </PictureFoot>
    </>
  );
}

function about({ rows, others, matched, pathless, unnamed }: HeatAnswer): string {
  const paths = others === 0 ? counted(rows.length, "path") : `${rows.length} of ${number(rows.length + others)} paths`;
  const none = pathless === 0 ? "" : `, of which ${number(pathless)} write no path`;
  const more = unnamed === 0 ? "" : `; ${number(unnamed)} write paths that are too many or too long to be told apart`;
  return `${paths} in ${counted(matched, "event")}${none}${more}`;
}
