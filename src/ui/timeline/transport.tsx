import { at, isLive, tail } from "../live.js";
import { go, place } from "../place.js";
import { focus, goLive, goTo, isZoomed, playing, SPEEDS, stepBy } from "../walk.js";

/** Buttons for whoever does not use the keys. */
export function Transport() {
  const isAtEnd = at.value >= tail.value;
  return (
    <div class="transport">
      <div class="group">
        <button
          type="button"
          aria-label="first event"
          title="first event (Home)"
          onClick={() => goTo(focus.peek().from)}
        >
          |◀
        </button>
        <button
          type="button"
          aria-label="event before"
          title="event before (k or ←)"
          disabled={at.value === 0}
          onClick={() => void stepBy(-1)}
        >
          ◀
        </button>
        <button
          type="button"
          aria-label="next event"
          title="next event (j or →)"
          disabled={isAtEnd}
          onClick={() => void stepBy(1)}
        >
          ▶
        </button>
      </div>
      <div class="group" role="group" aria-label="play">
        {SPEEDS.map((speed) => (
          <button
            key={speed}
            type="button"
            aria-pressed={playing.value === speed}
            title={`play ${speed} ${speed === 1 ? "event" : "events"} a second (Space)`}
            onClick={() => {
              playing.value = playing.value === speed ? 0 : speed;
            }}
          >
            {playing.value === speed ? "❚❚" : "▷"} {speed}×
          </button>
        ))}
      </div>
      <button type="button" class="live" aria-pressed={isLive.value} title="follow the end (End)" onClick={goLive}>
        <span class="pulse" /> Live
      </button>
      {isZoomed.value && (
        <button type="button" class="quiet" onClick={() => go({ from: null, to: null })}>
          {focus.value.from}–{focus.value.to} · show all
        </button>
      )}
      <div class="spacer" />
      <div class="group" role="group" aria-label="colours">
        {(["type", "actor"] as const).map((by) => (
          <button key={by} type="button" aria-pressed={place.value.by === by} onClick={() => go({ by }, "replace")}>
            by {by}
          </button>
        ))}
      </div>
    </div>
  );
}
