import { useEffect, useMemo, useState } from "preact/hooks";
import type { Options } from "uplot";
import type { HistoryAnswer } from "../../ui-server/answers.js";
import { useAnswer } from "../answer.js";
import { address } from "../api.js";
import { INKS, theme } from "../colours.js";
import { dotted, number, visible } from "../format.js";
import { at, drawnTo, tail } from "../live.js";
import { Actor } from "../parts/actor.js";
import { FailureNotice, Notice } from "../parts/notice.js";
import { OnlyPath } from "../parts/only-path.js";
import { Plot } from "../parts/plot.js";
import { useShown } from "../parts/use-shown.js";
import { When } from "../parts/when.js";
import { go, place } from "../place.js";
import { goTo, shownSession, stepOfPath } from "../walk.js";
import { Bisect } from "./bisect.js";
import { NoSession } from "./no-session.js";
import { usePaneJson } from "./use-pane-json.js";

/** One value over time: as a plot, as a column of its changes, and where it went wrong. */
export function WatchPane() {
  const session = shownSession.value;
  const { path } = place.value;
  const [around, look] = useState<number | null>(null);
  const url = session === null || path === null ? undefined : address("history", { session, path, around });
  const { data, failure, isStale } = useAnswer<HistoryAnswer>(url, drawnTo.value);
  const isElsewhere = data !== undefined && !isStale && lacks(data, at.value);
  useEffect(() => {
    if (isElsewhere) look(at.value);
  }, [isElsewhere, at.value]);
  usePaneJson(data);
  if (session === null) return <NoSession />;
  return (
    <div>
      <PathForm path={path} />
      {path === null && (
        <Notice title="Choose a value to watch.">
          <p>Click a name in the state, or write its path: prState.exists</p>
        </Notice>
      )}
      {failure !== undefined && <FailureNotice failure={failure} />}
      {data !== undefined && <History history={data} />}
      {path !== null && data !== undefined && <Bisect session={session} path={path} />}
    </div>
  );
}

/** Whether of more changes than are told those are missing among which an offset lies. */
function lacks({ changes, older, newer }: HistoryAnswer, offset: number): boolean {
  const [first, last] = [changes[0]?.offset ?? 0, changes.at(-1)?.offset ?? 0];
  return (older > 0 && offset < first) || (newer > 0 && offset >= last);
}

function PathForm({ path }: { path: string | null }) {
  const shown = path === null ? "" : path.startsWith("/") ? dotted(path) : path;
  const [text, type] = useState(shown);
  const [known, know] = useState(shown);
  // Chosen elsewhere: what was typed here is of before.
  if (known !== shown) {
    know(shown);
    type(shown);
  }
  return (
    <form
      class="path-form"
      onSubmit={(event) => {
        event.preventDefault();
        go({ path: text.trim() === "" ? null : text.trim() });
      }}
    >
      <input
        class="search"
        aria-label="path to watch"
        placeholder="prState.exists"
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
      <button type="submit">Watch</button>
      <button
        type="button"
        title="previous change of this path (Shift+←)"
        disabled={path === null}
        onClick={() => void stepOfPath(-1)}
      >
        ◀ change
      </button>
      <button
        type="button"
        title="next change of this path (Shift+→)"
        disabled={path === null}
        onClick={() => void stepOfPath(1)}
      >
        change ▶
      </button>
      {path !== null && <OnlyPath path={path} />}
    </form>
  );
}

function History({ history }: { history: HistoryAnswer }) {
  const shade = theme.value;
  const end = tail.value;
  const plot = useMemo(() => plotOf(history, shade, history.newer > 0 ? 0 : end), [history, shade, end]);
  const { shown, more } = useShown(useMemo(() => [...history.changes].reverse(), [history]));
  const current = history.changes.findLast(({ offset }) => offset <= at.value);
  return (
    <>
      <Plot label={plot.label} height={130} data={plot.data} options={plot.options} />
      {history.older + history.newer > 0 && (
        <p class="foot">
          {number(history.changes.length)} changes; {number(history.older)} older and {number(history.newer)} newer ones
          are not shown.
        </p>
      )}
      <table class="history">
        <thead>
          <tr>
            <th class="number">Event</th>
            <th>Value from then on</th>
            <th>By</th>
            <th>When</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((change) => (
            <tr key={change.offset} class={change === current ? "chosen" : ""}>
              <td class="number">
                <button
                  type="button"
                  class="link"
                  aria-current={change === current ? "true" : undefined}
                  onClick={() => goTo(change.offset)}
                >
                  {change.offset}
                </button>
              </td>
              <td class="value">
                {change.present ? visible(change.text) : <em>nothing</em>}
                {change.chars > change.text.length && ` … (${number(change.chars)} characters)`}
              </td>
              <td>
                <Actor name={change.actor} />
              </td>
              <td>
                <When iso={change.recordedAt} withDay />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </>
  );
}

/** Numbers by their size; all other values by the order in which they first came, each with its name at the axis. */
function plotOf({ changes }: HistoryAnswer, shade: "light" | "dark", end: number) {
  const ink = INKS[shade];
  const isNumeric = changes.every(({ value, present }) => !present || typeof value === "number");
  const names = [...new Set(changes.map(({ present, text }) => (present ? text : "nothing")))];
  const heights = changes.map(({ present, text, value }) =>
    isNumeric ? (present ? Number(value) : null) : names.indexOf(present ? text : "nothing"),
  );
  const offsets = changes.map(({ offset }) => offset);
  const axis = { stroke: ink.text, grid: { stroke: ink.line, width: 1 }, ticks: { show: false }, size: 26 };
  const options: Omit<Options, "width" | "height"> = {
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false },
      ...(isNumeric ? {} : { y: { range: [-0.5, Math.max(0.5, names.length - 0.5)] as [number, number] } }),
    },
    axes: [
      axis,
      isNumeric
        ? { ...axis, size: 64 }
        : {
            ...axis,
            size: 110,
            splits: () => names.map((_, i) => i),
            values: (_plot, ticks) => ticks.map((tick) => visible(names[tick] ?? "").slice(0, 14)),
          },
    ],
    series: [
      {},
      {
        stroke: ink.accent,
        width: 2,
        isSteps: true,
        points: { show: true, size: 7, fill: ink.accent },
      } as Options["series"][number],
    ],
  };
  const data = [
    [...offsets, Math.max(end, offsets.at(-1) ?? 0)],
    [...heights, heights.at(-1) ?? null],
  ];
  return { options, data, label: `${changes.length} changes, values: ${names.slice(0, 10).map(visible).join(", ")}` };
}
