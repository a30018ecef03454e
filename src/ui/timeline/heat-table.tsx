import type { HeatRow } from "../../inspect/timeline/heat.js";
import type { HeatAnswer } from "../../ui-server/answers.js";
import { dotted, number } from "../format.js";
import { StoredText } from "../parts/value.js";
import { goTo } from "../walk.js";
import { openCell, openRow, spanOf } from "./heat-cell.js";

/** Stretches that a row names. */
const SHOWN_CELLS = 6;

/** The same as the picture, for those who do not see it or have no mouse. */
export function HeatTable({ answer }: { answer: HeatAnswer }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Path</th>
          <th class="number">Events</th>
          <th class="number">First</th>
          <th class="number">Last</th>
          <th>Written most in events</th>
        </tr>
      </thead>
      <tbody>
        {answer.rows.map((row) => (
          <tr key={row.path}>
            <td>
              <button type="button" class="link path" onClick={() => openRow(row)}>
                <StoredText text={dotted(row.path) || "(record)"} most={120} />
              </button>
            </td>
            <td class="number">{number(row.events)}</td>
            <td class="number">
              <Offset offset={row.first} />
            </td>
            <td class="number">
              <Offset offset={row.last} />
            </td>
            <td>
              <Busiest answer={answer} row={row} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Offset({ offset }: { offset: number }) {
  return (
    <button type="button" class="link" onClick={() => goTo(offset)}>
      {number(offset)}
    </button>
  );
}

function Busiest({ answer, row }: { answer: HeatAnswer; row: HeatRow }) {
  const busiest = [...row.cells].sort((a, b) => b.events - a.events || a.bucket - b.bucket).slice(0, SHOWN_CELLS);
  return (
    <>
      {busiest.map((cell) => {
        const { from, to } = spanOf(answer, cell);
        return (
          <button key={cell.bucket} type="button" class="link stretch" onClick={() => openCell(answer, row, cell)}>
            {from === to ? number(from) : `${number(from)}–${number(to)}`}: {number(cell.events)}×
          </button>
        );
      })}
      {row.cells.length > busiest.length && (
        <span class="faint">and {number(row.cells.length - busiest.length)} more</span>
      )}
    </>
  );
}
