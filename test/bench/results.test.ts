import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GROUPS } from "./groups.js";
import { growthLines } from "./growth-report.js";
import { reportLines } from "./report.js";
import { merged, type Results, type Row, readResults } from "./results-file.js";

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

function row(facts: Partial<Row>): Row {
  const figures = { rounds: 5, ours: 10, theirs: 5, ratio: 2, ratioMin: 1, ratioMax: 3, atLeast: undefined };
  const place = { machine: "Node, Linux, 2 × cores", measuredOn: "2026-01-31" };
  const names = {
    group: "SQLite",
    name: "append",
    peer: "emmett-sqlite 0.42.4, shared",
    durability: "FULL",
    unit: "events/s",
  };
  return { ...names, ...place, ...figures, ...facts };
}

function results(rows: readonly Row[], remarks: Results["remarks"] = []): Results {
  return { schema: "sessiondb.bench/1", rows, remarks, growth: [] };
}

test("the tables of docs/performance.md are what test/bench/results.json holds", () => {
  const [page, kept] = [text("../../docs/performance.md"), readResults()];
  for (const line of [
    ...reportLines(
      kept,
      GROUPS.map(({ name }) => name),
    ),
    ...growthLines(kept.growth),
  ]) {
    expect(page).toContain(line);
  }
});

test("a row that is measured again takes the place of the old one, also beside a newer version of the peer", () => {
  const old = results([row({}), row({ name: "read" })]);
  const fresh = results([row({ peer: "emmett-sqlite 0.43.0, shared", ratio: 4 }), row({ name: "new" })]);
  const { rows } = merged(old, fresh);
  expect(rows.map(({ name, peer, ratio }) => [name, peer, ratio])).toEqual([
    ["append", "emmett-sqlite 0.43.0, shared", 4],
    ["read", "emmett-sqlite 0.42.4, shared", 2],
    ["new", "emmett-sqlite 0.42.4, shared", 2],
  ]);
});

test("the same work beside another peer, or in another group, is another row", () => {
  const { rows } = merged(results([row({})]), results([row({ peer: "raw" }), row({ group: "Postgres" })]));
  expect(rows).toHaveLength(3);
});

test("remarks of a group replace its old ones and leave those of others", () => {
  const old = results(
    [],
    [
      { group: "a", text: "1" },
      { group: "b", text: "2" },
    ],
  );
  const { remarks } = merged(old, results([], [{ group: "a", text: "3" }]));
  expect(remarks.map(({ text: said }) => said).sort()).toEqual(["2", "3"]);
});

test("a promise that is missed is said to be missed", () => {
  const lines = reportLines(results([row({ ratio: 0.79, atLeast: 0.8 }), row({ name: "kept", atLeast: 2 })]), []);
  expect(lines.filter((line) => line.includes("≥ 0.8: **no**"))).toHaveLength(1);
  expect(lines.filter((line) => line.includes("≥ 2: yes"))).toHaveLength(1);
});

test("peers stay out of the package that users install, and their lock file names no registry", () => {
  const { dependencies, files } = JSON.parse(text("../../package.json"));
  const peers = Object.keys(JSON.parse(text("./package.json")).dependencies);
  expect(peers.filter((name) => name in dependencies)).toEqual([]);
  expect(files).not.toContain("test");
  expect(text("./package-lock.json")).not.toContain('"resolved"');
});
