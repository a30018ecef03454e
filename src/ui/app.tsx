import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shellWord } from "../log/shell-word.js";
import type { StepAnswer } from "../ui-server/answers.js";
import { useAnswer } from "./answer.js";
import { address } from "./api.js";
import { Banners } from "./banners.js";
import { theme } from "./colours.js";
import { Header } from "./header.js";
import { HelpDialog } from "./help-dialog.js";
import { at, hello, helloFailure, isReadingUp, lostSince, tail } from "./live.js";
import { EventsPane } from "./panes/events-pane.js";
import { Inspector } from "./panes/inspector.js";
import { RevertDialog } from "./panes/revert-dialog.js";
import { SessionsPane } from "./panes/sessions-pane.js";
import { FailureNotice, Notice } from "./parts/notice.js";
import { place } from "./place.js";
import { StripCard } from "./timeline/strip.js";
import { Timeline } from "./timeline/timeline.js";
import { step } from "./walk.js";

const PARTS = ["sessions", "events", "details"] as const;
/** On a phone one of them is in sight: what a link is about. */
const part = signal<(typeof PARTS)[number]>(place.peek().pane === "state" ? "events" : "details");

export function App() {
  const { data } = useAnswer<StepAnswer>(at.value === 0 ? undefined : address("step", { at: at.value }));
  useEffect(() => {
    step.value = at.value === 0 ? undefined : (data ?? step.peek());
  }, [data, at.value]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme.value;
  }, [theme.value]);
  if (hello.value === undefined) return <Waiting />;
  return (
    <div class={`app ${lostSince.value === null ? "" : "lost"}`}>
      <Header />
      <Banners />
      {tail.value === 0 && !isReadingUp.value ? <EmptyStore /> : <Views />}
      <HelpDialog />
      <RevertDialog />
    </div>
  );
}

function Views() {
  return (
    <main>
      <Timeline />
      <StripCard />
      <div class="part-tabs" role="group" aria-label="part of the page">
        {PARTS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={part.value === one}
            onClick={() => {
              part.value = one;
            }}
          >
            {one}
          </button>
        ))}
      </div>
      <div class={`columns show-${part.value}`}>
        <SessionsPane />
        <EventsPane />
        <Inspector />
      </div>
    </main>
  );
}

function Waiting() {
  return (
    <main class="waiting">
      <h1>sessiondb</h1>
      {helloFailure.value === undefined ? (
        <p role="status">Opening the store…</p>
      ) : (
        <FailureNotice failure={helloFailure.value} />
      )}
    </main>
  );
}

function EmptyStore() {
  const store = shellWord(hello.value?.store ?? "");
  return (
    <main class="waiting">
      <Notice title="This store is empty: nothing has happened in it yet.">
        <p>What to do: start a session, or take over what you have. The page shows it as soon as it is there.</p>
        <pre>
          sessiondb session start my-session --store {store}
          {"\n"}sessiondb import minsky-json session-db.json --store {store}
        </pre>
      </Notice>
    </main>
  );
}
