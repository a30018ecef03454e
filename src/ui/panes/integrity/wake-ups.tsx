import { useMemo } from "preact/hooks";
import type { Options } from "uplot";
import type { WakeUp } from "../../../inspect/timeline/wake-ups.js";
import { INKS, theme } from "../../colours.js";
import { counted, number } from "../../format.js";
import { Plot } from "../../parts/plot.js";
import { When } from "../../parts/when.js";

/** How late what is appended is seen here, for each time that something came while this page's server runs. */
export function WakeUpsPart({ wakeUps }: { wakeUps: readonly WakeUp[] }) {
  const last = wakeUps.at(-1);
  return (
    <>
      <h2>Wake-ups</h2>
      {last === undefined ? (
        <p class="foot">Nothing was appended since this page's server read up.</p>
      ) : (
        <Lateness wakeUps={wakeUps} last={last} />
      )}
    </>
  );
}

function Lateness({ wakeUps, last }: { wakeUps: readonly WakeUp[]; last: WakeUp }) {
  const shade = theme.value;
  const options = useMemo(() => optionsOf(wakeUps, shade), [wakeUps, shade]);
  const data = useMemo(() => [wakeUps.map((_one, i) => i), wakeUps.map(({ lateMs }) => lateMs)], [wakeUps]);
  const sorted = wakeUps.map(({ lateMs }) => lateMs).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const label = `${counted(wakeUps.length, "wake-up")}: half of them within ${number(middle)} ms, the latest ${number(sorted.at(-1) ?? 0)} ms after the append`;
  return (
    <>
      <p class="about">
        {label}; the last for {counted(last.events, "event")} up to {number(last.offset)} at <When iso={last.at} />
      </p>
      <Plot label={label} height={110} data={data} options={options} />
      <p class="foot">
        Milliseconds from an append to here, by the clocks of both: those of another machine may differ.
      </p>
    </>
  );
}

function optionsOf(wakeUps: readonly WakeUp[], shade: "light" | "dark"): Omit<Options, "width" | "height"> {
  const ink = INKS[shade];
  const axis = { stroke: ink.text, grid: { stroke: ink.line, width: 1 }, ticks: { show: false }, size: 26 };
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-0.6, Math.max(0.6, wakeUps.length - 0.4)] },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most)] },
    },
    axes: [
      {
        ...axis,
        incrs: [1, 2, 5, 10, 20, 50, 100],
        values: (_plot, ticks) =>
          ticks.map((tick) => (wakeUps[tick] === undefined ? "" : number(wakeUps[tick].offset))),
      },
      { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => `${number(tick)} ms`) },
    ],
    series: [{}, { fill: ink.accent, stroke: ink.accent, isBars: true } as Options["series"][number]],
  };
}
