import { useRef, useState } from "preact/hooks";
import type { ShownMark } from "../../ui-server/answers.js";
import { number, visible } from "../format.js";
import { at, isLive, tail } from "../live.js";
import { focus, goLive, goTo, step, stepBy } from "../walk.js";
import { OffsetScale } from "./scale.js";

const PAGE_STEPS = 10;

/** Chooses the offset; moves with the hand, the arrows, Home and End. */
export function Slider({ marks }: { marks: readonly ShownMark[] }) {
  const track = useRef<HTMLDivElement>(null);
  const [isHeld, hold] = useState(false);
  const { from, to } = focus.value;
  const scale = new OffsetScale(from, to, 100);
  const move = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    const place = ((event.clientX - box.left) / box.width) * 100;
    goTo(place <= 0 ? Math.max(0, from - (from === 1 ? 1 : 0)) : scale.offsetAt(place), "replace");
  };
  const left = at.value === 0 ? 0 : Math.max(0, Math.min(100, scale.middleOf(at.value)));
  return (
    <div class="slider">
      <div
        ref={track}
        class="track"
        onPointerDown={(event) => {
          track.current?.setPointerCapture(event.pointerId);
          hold(true);
          move(event);
        }}
        onPointerMove={(event) => isHeld && move(event)}
        onPointerUp={() => hold(false)}
        onPointerCancel={() => hold(false)}
      >
        <div class="rail">
          <div class="passed" style={{ width: `${left}%` }} />
        </div>
        <div
          class={`thumb ${isLive.value ? "live" : ""}`}
          style={{ left: `${left}%` }}
          role="slider"
          tabIndex={0}
          aria-label="offset in the log"
          aria-valuemin={0}
          aria-valuemax={tail.value}
          aria-valuenow={at.value}
          aria-valuetext={describe()}
          onKeyDown={(event) => {
            if (slide(event.key)) event.preventDefault();
          }}
        />
      </div>
      <div class="marks">
        {marks
          .filter(({ offset }) => offset >= from && offset <= to)
          .map((mark) => (
            <button
              key={mark.name}
              type="button"
              class="mark"
              style={{ left: `${scale.middleOf(mark.offset)}%` }}
              title={`mark ${mark.name}, after event ${mark.offset}${mark.reason === null ? "" : `: ${visible(mark.reason)}`}`}
              onClick={() => goTo(mark.offset)}
            >
              ⚑ {mark.name}
            </button>
          ))}
      </div>
      <div class="ends">
        <span>{number(from)}</span>
        <span>{number(to)}</span>
      </div>
    </div>
  );
}

function slide(key: string): boolean {
  const acts: Readonly<Record<string, () => unknown>> = {
    ArrowLeft: () => stepBy(-1),
    ArrowDown: () => stepBy(-1),
    ArrowRight: () => stepBy(1),
    ArrowUp: () => stepBy(1),
    PageDown: () => goTo(at.peek() - PAGE_STEPS),
    PageUp: () => goTo(at.peek() + PAGE_STEPS),
    Home: () => goTo(focus.peek().from),
    End: () => goLive(),
  };
  const act = acts[key];
  act?.();
  return act !== undefined;
}

function describe(): string {
  const row = step.value?.row;
  const which = `event ${at.value} of ${tail.value}`;
  return row === undefined || row.offset !== at.value ? which : `${which}, ${row.recordedAt}, ${visible(row.type)}`;
}
