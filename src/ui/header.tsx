import { theme, toggleTheme } from "./colours.js";
import { ago, counted, visible } from "./format.js";
import { help } from "./help-dialog.js";
import { hello, isConnected, isLive, lostSince, status, tail } from "./live.js";
import { CopyButtons, copied } from "./parts/copy-buttons.js";
import { useTick } from "./parts/use-tick.js";
import { goLive } from "./walk.js";

const COUNTED_ON_MS = 1_000;

/** Which store, how far, how it is read, and that looking changes nothing. */
export function Header() {
  const store = hello.value?.store ?? "";
  return (
    <header class="top">
      <h1>
        <img src="/assets/icon.svg" width="20" height="20" alt="" /> sessiondb
      </h1>
      <span class="store" title={visible(store)}>
        {shortened(visible(store))}
      </span>
      <Connection />
      <Standing />
      <div class="spacer" />
      <CopyButtons />
      <button
        type="button"
        class="icon"
        aria-label={`${theme.value === "dark" ? "light" : "dark"} colours`}
        onClick={toggleTheme}
      >
        {theme.value === "dark" ? "☀" : "☾"}
      </button>
      <button
        type="button"
        class="icon"
        aria-label="keys and help"
        onClick={() => {
          help.value = true;
        }}
      >
        ?
      </button>
      <span class="visually-hidden" role="status">
        {copied.value}
      </span>
    </header>
  );
}

/** The kind of store and the end of its address say most. */
function shortened(store: string): string {
  const most = 44;
  return store.length <= most ? store : `${store.slice(0, 12)}…${store.slice(store.length - most + 13)}`;
}

function Connection() {
  const isWell = isConnected.value;
  useTick(isWell ? 0 : COUNTED_ON_MS);
  return (
    <span class={`connection ${isWell ? "well" : "lost"}`}>
      <span class="dot" aria-hidden="true" /> {counted(tail.value, "event")} · {liveness()}
    </span>
  );
}

/** Whether more may come. */
function liveness(): string {
  if (isConnected.value) return status.value.movedTo === null ? "live" : "frozen";
  return lostSince.value === null ? "not live" : `not live since ${ago(lostSince.value)}`;
}

function Standing() {
  const mode = hello.value?.allowWrite === true ? "looking changes nothing" : "read-only";
  const isNow = isLive.value || tail.value === 0;
  if (isNow && !isConnected.value) return <span class="standing past">Viewing what was known last, {mode}</span>;
  if (isNow) return <span class="standing now">Viewing the present, {mode}</span>;
  return (
    <span class="standing past">
      Viewing the past, {mode}
      <button type="button" class="link" onClick={goLive}>
        back to now
      </button>
    </span>
  );
}
