import { Tabs } from "../parts/tabs.js";
import { go, PANES, type Pane, place } from "../place.js";
import { AllPane } from "./all-pane.js";
import { BlamePane } from "./blame-pane.js";
import { CollabPane } from "./collab-pane.js";
import { DiffPane } from "./diff-pane.js";
import { EventPane } from "./event-pane.js";
import { IntegrityPane } from "./integrity-pane.js";
import { StatePane } from "./state-pane.js";
import { WatchPane } from "./watch-pane.js";

const NAMES: Readonly<Record<Pane, string>> = {
  state: "State",
  diff: "Diff",
  blame: "Blame",
  watch: "Watch",
  event: "Event",
  all: "All sessions",
  collab: "Collab",
  integrity: "Integrity",
};

/** What there is to see at the selected offset. */
export function Inspector() {
  const { pane } = place.value;
  return (
    <section class="panes card" aria-label="details">
      <Tabs
        id="pane"
        label="details"
        names={PANES.map((one) => [one, NAMES[one]])}
        chosen={pane}
        choose={(one) => go({ pane: one })}
      />
      <div class="pane-body" role="tabpanel" id="pane-panel" aria-labelledby={`pane-${pane}`} tabIndex={0}>
        <PaneOf pane={pane} />
      </div>
    </section>
  );
}

function PaneOf({ pane }: { pane: Pane }) {
  switch (pane) {
    case "state":
      return <StatePane />;
    case "diff":
      return <DiffPane />;
    case "blame":
      return <BlamePane />;
    case "watch":
      return <WatchPane />;
    case "event":
      return <EventPane />;
    case "collab":
      return <CollabPane />;
    case "integrity":
      return <IntegrityPane />;
    case "all":
      return <AllPane />;
    default:
      throw new TypeError(`unhandled ${pane satisfies never}`);
  }
}
