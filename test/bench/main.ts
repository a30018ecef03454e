/**
 * `npm run bench`: ratios between sessiondb and its peers, side by side in one run. Times alone mean nothing on a shared
 * machine. `--only NAME` runs a group or a row, `--no-peers` installs nothing and leaves out what it would be compared
 * with, `--write` puts the rows into test/bench/results.json and draws docs/performance.md and its plots from there;
 * `--large` lets the logs of growth be of 10,000,000 events, too; `--draw` measures nothing and only draws.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { GROUPS, type Group } from "./groups.js";
import { type GrowthRow, measureGrowth } from "./growth.js";
import { growthLines } from "./growth-report.js";
import { measure } from "./measure.js";
import { installPeers } from "./peers.js";
import { Place } from "./place.js";
import { drawGrowth } from "./plot-growth.js";
import { drawRatios } from "./plot-ratios.js";
import { machine, reportLines, writeReport } from "./report.js";
import { merged, type Remark, type Results, type Row, readResults, writeResults } from "./results-file.js";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "7" },
    peers: { type: "boolean", default: true },
    write: { type: "boolean", default: false },
    draw: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds} is no number of rounds`);
const only = values.only.toLowerCase();
/** `--only` names a group, or a row, or how one of them begins. */
const names = (name: string) => name.toLowerCase().includes(only) || only.startsWith(name.toLowerCase());

const GROWTH = "Growth";
const order = GROUPS.map(({ name }) => name);

if (values.draw) write(readResults());
else await measureGroups(GROUPS.filter((group) => names(group.name) && (values.peers || group.peers !== "all")));

async function measureGroups(groups: readonly Group[]): Promise<void> {
  const withGrowth = names(GROWTH);
  if (groups.length === 0 && !withGrowth) {
    throw new Error(`no group is named so; there are: ${[...order, GROWTH].join(", ")}`);
  }
  if (values.peers && groups.some((group) => group.peers !== undefined)) installPeers();
  const place = new Place();
  const [rows, remarks]: [Row[], Remark[]] = [[], []];
  let growth: GrowthRow[] = [];
  try {
    for (const group of groups) {
      const measured = await measureGroup(group, place);
      rows.push(...measured.rows);
      remarks.push(...measured.remarks);
    }
    if (withGrowth) growth = await measureGrowth(place, rounds, values.large);
  } finally {
    await place.close();
  }
  const fresh: Results = { schema: "sessiondb.bench/1", rows, remarks, growth };
  console.log([...reportLines(fresh, order), "", ...growthLines(growth)].join("\n"));
  if (values.write) write(merged(readResults(), fresh));
}

async function measureGroup(group: Group, place: Place): Promise<Pick<Results, "rows" | "remarks">> {
  const bench = await group.open(place);
  const facts = { group: group.name, machine: machine(), measuredOn: new Date().toISOString().slice(0, 10) };
  const isWhole = group.name.toLowerCase().includes(only);
  const rows: Row[] = [];
  try {
    for (const comparison of bench.comparisons) {
      if (!isWhole && !names(comparison.name)) continue;
      process.stderr.write(`${comparison.name} …\n`);
      const measured = await measure(comparison, rounds);
      rows.push({ ...facts, load: Number(loadavg()[0]?.toFixed(1)), ...measured });
    }
    return { rows, remarks: (bench.remarks?.() ?? []).map((text) => ({ group: group.name, text })) };
  } finally {
    await bench.close();
    await place.stopPostgres();
  }
}

function write(all: Results): void {
  writeResults(all);
  writeReport("measured", reportLines(all, order));
  drawRatios(all.rows, order);
  writeReport("growth", growthLines(all.growth));
  drawGrowth(all.growth);
}
