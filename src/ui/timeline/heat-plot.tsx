import { useCallback, useRef, useState } from "preact/hooks";
import type { HeatCell, HeatRow } from "../../inspect/timeline/heat.js";
import type { HeatAnswer } from "../../ui-server/answers.js";
import { INKS, theme } from "../colours.js";
import { clock, day, dotted, number, visible } from "../format.js";
import { at } from "../live.js";
import { place } from "../place.js";
import { Canvas, type Draw } from "./canvas.js";
import { openCell, openRow, spanOf } from "./heat-cell.js";
import { OffsetScale } from "./scale.js";

const ROW_PX = 20;
/** Of the colour where a single event wrote; the most have all of it. */
const LEAST = 0.25;

interface Hit {
  readonly row: HeatRow;
  readonly cell: HeatCell;
}

export function HeatPlot({ answer, point }: { answer: HeatAnswer; point: (hit: string) => void }) {
  return (
    <div class="lanes">
      <div class="lane-names">
        {answer.rows.map((row) => (
          <button
            key={row.path}
            type="button"
            class={place.value.path === row.path ? "chosen" : ""}
            title={`${visible(dotted(row.path))}: its history, where it was written last`}
            onClick={() => openRow(row)}
          >
            <span class="lane-name">{visible(dotted(row.path)) || "(record)"}</span>{" "}
            <span class="count">{number(row.events)}</span>
          </button>
        ))}
      </div>
      <Cells answer={answer} point={(hit) => point(hit === undefined ? "" : describe(answer, hit))} />
    </div>
  );
}

function Cells({ answer, point }: { answer: HeatAnswer; point: (hit: Hit | undefined) => void }) {
  const [width, setWidth] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const ink = INKS[theme.value];
  const here = at.value;
  const scale = new OffsetScale(answer.from, answer.to, width);
  const draw = useCallback<Draw>((context) => drawCells(context, answer, scale, here, ink), [answer, width, here, ink]);
  const hitAt = (event: PointerEvent): Hit | undefined => {
    const bounds = box.current?.getBoundingClientRect();
    const row = bounds && answer.rows[Math.floor((event.clientY - bounds.top) / ROW_PX)];
    if (bounds === undefined || row === undefined) return undefined;
    const bucket = Math.floor((scale.offsetAt(event.clientX - bounds.left) - answer.from) / answer.width);
    const cell = row.cells.find((one) => one.bucket === bucket);
    return cell && { row, cell };
  };
  const label = `${answer.rows.length} paths over events ${answer.from} to ${answer.to}; the same stands in the table`;
  return (
    <div
      ref={box}
      class="lane-plot"
      onPointerMove={(event) => point(hitAt(event))}
      onPointerLeave={() => point(undefined)}
      onPointerUp={(event) => {
        const hit = hitAt(event);
        if (hit !== undefined) openCell(answer, hit.row, hit.cell);
      }}
    >
      <Canvas draw={draw} height={answer.rows.length * ROW_PX} label={label} onWidth={setWidth} />
    </div>
  );
}

function drawCells(
  context: CanvasRenderingContext2D,
  answer: HeatAnswer,
  scale: OffsetScale,
  here: number,
  ink: (typeof INKS)["light"],
): void {
  const most = Math.max(1, ...answer.rows.flatMap(({ cells }) => cells.map(({ events }) => events)));
  for (const [i, { cells }] of answer.rows.entries()) {
    context.globalAlpha = 1;
    context.fillStyle = ink.faint;
    context.fillRect(0, i * ROW_PX + 2, scale.width, ROW_PX - 4);
    context.fillStyle = ink.accent;
    for (const cell of cells) {
      const { from, to } = spanOf(answer, cell);
      const [left, right] = [scale.leftOf(from), scale.leftOf(to + 1)];
      // In a logarithm: one path in a thousand is written in every event, and would leave the others white.
      context.globalAlpha = most === 1 ? 1 : LEAST + (1 - LEAST) * (Math.log(cell.events) / Math.log(most));
      context.fillRect(left, i * ROW_PX + 2, Math.max(2, right - left - (right - left > 4 ? 1 : 0)), ROW_PX - 4);
    }
  }
  context.globalAlpha = 1;
  if (here < scale.from || here > scale.to) return;
  context.fillStyle = ink.mark;
  context.fillRect(scale.middleOf(here) - 1, 0, 2, answer.rows.length * ROW_PX);
}

function describe(answer: HeatAnswer, { row, cell }: Hit): string {
  const { from, to } = spanOf(answer, cell);
  const began = answer.began[cell.bucket] ?? "";
  const events = from === to ? `event ${number(from)}` : `events ${number(from)}–${number(to)}`;
  return `${visible(dotted(row.path))} · ${events} from ${day(began)} ${clock(began)} · written ${number(cell.events)}×`;
}
