import { Tabs } from "../parts/tabs.js";
import { go, place, STRIPS, type Strip } from "../place.js";
import { GrowthStrip } from "./growth.js";
import { HeatStrip } from "./heat.js";
import { LanesStrip } from "./lanes.js";
import { MatrixStrip } from "./matrix.js";
import { MigrationsStrip } from "./migrations.js";

const NAMES: Readonly<Record<Strip, string>> = {
  lanes: "Lanes",
  heat: "Heat",
  matrix: "Who did what",
  growth: "Growth",
  migrations: "Migrations",
};

/** Other pictures of the range that the timeline shows. */
export function StripCard() {
  const { strip } = place.value;
  return (
    <section class="strip card" aria-label="pictures">
      <Tabs
        id="strip"
        label="pictures"
        names={STRIPS.map((one) => [one, NAMES[one]])}
        chosen={strip}
        choose={(one) => go({ strip: one }, "replace")}
      />
      <div class="strip-body" role="tabpanel" id="strip-panel" aria-labelledby={`strip-${strip}`} tabIndex={0}>
        {strip === "lanes" && <LanesStrip />}
        {strip === "heat" && <HeatStrip />}
        {strip === "matrix" && <MatrixStrip />}
        {strip === "growth" && <GrowthStrip />}
        {strip === "migrations" && <MigrationsStrip />}
      </div>
    </section>
  );
}
