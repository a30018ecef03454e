import type { Options } from "uplot";
import type { SizesAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { colourOf, INKS, theme } from "../colours.js";
import { number, size } from "../format.js";
import { FailureNotice } from "../parts/notice.js";
import { Plot } from "../parts/plot.js";
import { TypeTag } from "../parts/type-tag.js";
import { focus } from "../walk.js";

const SHOWN_TYPES = 7;

/** What takes the room. */
export function GrowthStrip() {
  const { from, to } = focus.value;
  const { data, failure } = useAnswer<SizesAnswer>(to === 0 ? undefined : address("sizes", { from, to }));
  if (failure !== undefined) return <FailureNotice failure={failure} />;
  if (data === undefined) return <div class="strip-body" />;
  const most = Math.max(1, ...data.types.map(({ chars }) => chars));
  return (
    <div class="growth">
      <table>
        <thead>
          <tr>
            <th>Type</th>
            <th class="number">Events</th>
            <th class="number">Text</th>
            <th>Share</th>
          </tr>
        </thead>
        <tbody>
          {data.types.map(({ type, events, chars }) => (
            <tr key={type}>
              <td>
                <TypeTag type={type} />
              </td>
              <td class="number">{number(events)}</td>
              <td class="number">{size(chars)}</td>
              <td class="bar">
                <span style={{ width: `${(chars / most) * 100}%`, background: colourOf(type) }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Plot
        label={`text by day, ${data.days.length} days`}
        height={128}
        data={columnsOf(data)}
        options={optionsOf(data, theme.value)}
      />
    </div>
  );
}

/** Stacked: each line is what it holds and all below it. The first is drawn last, over the others. */
function columnsOf({ days, types }: SizesAnswer): number[][] {
  const shown = Math.min(types.length, SHOWN_TYPES);
  const stacked = Array.from({ length: shown }, (_, i) => days.map(({ byType }) => sumTo(byType, i)));
  return [days.map((_day, i) => i), days.map(({ chars }) => chars), ...stacked.reverse()];
}

function sumTo(values: readonly number[], last: number): number {
  return values.slice(0, last + 1).reduce((sum, one) => sum + one, 0);
}

function optionsOf({ types, days }: SizesAnswer, shade: "light" | "dark"): Omit<Options, "width" | "height"> {
  const ink = INKS[shade];
  const shown = types.slice(0, SHOWN_TYPES).reverse();
  const axis = { stroke: ink.text, grid: { stroke: ink.line, width: 1 }, ticks: { show: false }, size: 26 };
  return {
    legend: { show: false },
    cursor: { show: false },
    // Days without events have no place: side by side, with half a bar of room at the ends.
    scales: {
      x: { time: false, range: [-0.6, Math.max(0.6, days.length - 0.4)] },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most)] },
    },
    axes: [
      {
        ...axis,
        incrs: [1, 2, 7, 14, 30, 60],
        values: (_plot, ticks) => ticks.map((tick) => days[tick]?.day.slice(5) ?? ""),
      },
      { ...axis, size: 68, values: (_plot, ticks) => ticks.map(size) },
    ],
    series: [
      {},
      { fill: colourOf(null), stroke: colourOf(null), isBars: true },
      ...shown.map(({ type }) => ({ fill: colourOf(type), stroke: colourOf(type), isBars: true })),
    ] as Options["series"],
  };
}
