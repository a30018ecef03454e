import { posix } from "node:path";
import { type FileImports, importsOf } from "./imports.js";

/** A folder, or a few files, that may import itself and what lies on lower floors. */
interface Unit {
  readonly floor: number;
  /** A folder ends with `/`. */
  readonly paths: readonly string[];
}

/** The first unit that has the path counts. */
const UNITS: readonly Unit[] = [
  { floor: 0, paths: ["src/errors.ts", "src/error-category.ts", "src/defined.ts"] },
  { floor: 0, paths: ["src/types/"] },
  { floor: 1, paths: ["src/files/"] },
  { floor: 3, paths: ["src/log/memory/"] },
  { floor: 3, paths: ["src/log/jsonl/"] },
  { floor: 3, paths: ["src/log/sql/"] },
  { floor: 3, paths: ["src/keys/"] },
  { floor: 1, paths: ["src/log/", "src/query/"] },
  { floor: 2, paths: ["projections/"] },
  { floor: 2, paths: ["migrations/"] },
  { floor: 2, paths: ["src/config/"] },
  { floor: 2, paths: ["src/testing.ts", "src/conformance/"] },
  { floor: 3, paths: ["src/replay/"] },
  { floor: 3, paths: ["src/migrate/"] },
  { floor: 3, paths: ["src/archive/"] },
  { floor: 3, paths: ["src/import/"] },
  { floor: 3, paths: ["src/export/"] },
  ...[
    "session/",
    "collab/",
    "web-session/",
    "workspace/",
    "inspect/",
    "erasure/",
    "outbox/",
    "open-foreign.ts",
    "open-key-store.ts",
  ].map((path) => ({
    floor: 4,
    paths: [`src/${path}`],
  })),
  { floor: 4, paths: ["src/open-log.ts", "src/open-trial.ts", "src/backends/"] },
  { floor: 5, paths: ["src/cross-database/"] },
  ...["ui-server/", "ui/", "mcp/", "express/"].map((path) => ({ floor: 6, paths: [`src/${path}`] })),
  { floor: 7, paths: ["src/cli/"] },
  { floor: 7, paths: ["src/index.ts"] },
];

/** Steps that are allowed all the same, from and to. */
const ALLOWED: readonly (readonly [string, string])[] = [
  ["src/migrate/", "src/replay/"], // a migration verifies by replaying
  ["src/session/", "src/open-log.ts"], // the public stores are made from a configuration, and open their log
  ["src/session/", "src/inspect/point.ts"], // a store is asked for its past by a point, as people name it
  ["src/workspace/", "src/session/"], // a workspace belongs to a session, and is recorded in its store
  ["src/outbox/", "src/open-log.ts"], // an outbox stands between a server's log and logs of its own
  ["src/session/", "src/outbox/"], // a configured store may have an outbox in front of it
  ["src/inspect/doctor/", "src/open-log.ts"], // a log that cannot be opened is what a doctor is asked about
  ["src/inspect/doctor/", "src/backends/unopened-store.ts"],
  ["src/inspect/partition-log.ts", "src/backends/open-partitions.ts"], // partitions are made beside the log, by who owns its tables
  ["src/inspect/store-sizes.ts", "src/backends/unopened-store.ts"], // what a store takes on disk is asked of the store as it lies there
  ["src/web-session/", "src/open-log.ts"], // as session/
  ["src/web-session/", "src/open-key-store.ts"],
  ["src/web-session/", "src/inspect/"], // who is to be signed out is a question like others
  ["src/collab/", "src/session/default-actor.ts"], // who acts is decided in one place
  ["src/collab/", "src/session/retry-conflicts.ts"],
  ["src/ui/", "src/ui-server/answers.ts"], // types alone: what the page's server answers
  ["src/erasure/", "src/session/"], // what an erasure takes along that was not meant is stated again, in the session's events
  ["src/conformance/", "src/log/memory/"], // the suite compares a backend with the reference backend
];

const BACKENDS = ["src/log/memory/", "src/log/jsonl/", "src/log/sql/", "src/keys/"];
const OPENERS = ["src/backends/", "src/open-foreign.ts", "src/open-key-store.ts"];
const DRIVERS = ["better-sqlite3", "pg", "pg-listen", "pg-copy-streams"];
const SQL = "src/log/sql/";
const ENTRY_POINTS = ["src/index.ts", "src/testing.ts"];
const PUBLISHED_SUITE = ["src/testing.ts", "src/conformance/"];

/** Checks the files (path in the project → text) against the floors. Returns a sentence for each thing that is wrong. */
export function floorViolations(files: ReadonlyMap<string, string>): string[] {
  const graph = new Map<string, string[]>();
  const wrong: string[] = [];
  for (const [path, source] of files) {
    const imports = importsOf(source);
    const targets = imports.specifiers.filter(isRelative).map((specifier) => targetOf(path, specifier, files));
    const code = targets.filter((target) => /\.(tsx?|js)$/.test(target));
    graph.set(path, code);
    wrong.push(...shapeViolations(path, imports), ...packageViolations(path, imports));
    if (unitOf(path) === undefined) wrong.push(`${path} has no floor: give it one in test/support/floors.ts`);
    else wrong.push(...code.flatMap((target) => stepViolations(path, target, files)));
  }
  return [...wrong, ...cycles(graph)];
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith(".");
}

function targetOf(path: string, specifier: string, files: ReadonlyMap<string, string>): string {
  const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts");
  return files.has(`${target}x`) ? `${target}x` : target;
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
}

function unitOf(path: string): Unit | undefined {
  return UNITS.find(({ paths }) => isIn(path, paths));
}

function stepViolations(from: string, to: string, files: ReadonlyMap<string, string>): string[] {
  if (!files.has(to)) return [`${from} imports ${to}, which is none of the project's own files`];
  const [here, there] = [unitOf(from), unitOf(to)];
  if (here === undefined || there === undefined || here === there) return [];
  if (ALLOWED.some(([a, b]) => isIn(from, [a]) && isIn(to, [b]))) return [];
  if (there.floor >= here.floor) {
    return [`${from} (floor ${here.floor}) imports ${to} (floor ${there.floor}): only a lower floor or its own folder`];
  }
  if (!isIn(to, BACKENDS) || isIn(from, OPENERS)) return [];
  return [`${from} names the backend ${to}: only ${OPENERS.join(" and ")} do`];
}

function packageViolations(path: string, { specifiers, named }: FileImports): string[] {
  const packages = specifiers.filter((specifier) => !isRelative(specifier) && !specifier.startsWith("node:"));
  const wrong: string[] = [];
  for (const name of packages) {
    if (DRIVERS.includes(name) && !isIn(path, [SQL]))
      wrong.push(`${path} imports the driver ${name}: only ${SQL} does`);
    if (isIn(path, PUBLISHED_SUITE) && name !== "vitest") wrong.push(`${path} imports ${name}: it has to run anywhere`);
  }
  const dialects = (named.get("kysely") ?? []).filter((name) => name.includes("Dialect"));
  if (dialects.length > 0 && !isIn(path, [SQL])) {
    wrong.push(`${path} imports ${dialects.join(", ")} of kysely: only ${SQL} does`);
  }
  return wrong;
}

function shapeViolations(path: string, imports: FileImports): string[] {
  const wrong: string[] = [];
  if (imports.exportsAll) wrong.push(`${path} has an export *: name what is exported`);
  if (imports.exportsDefault) wrong.push(`${path} has a default export: give it a name`);
  if (imports.reExports && !ENTRY_POINTS.includes(path)) wrong.push(`${path} re-exports: import from where it is made`);
  if (imports.computed) wrong.push(`${path} has a dynamic import of a computed name: nobody can check it`);
  return wrong;
}

/** Each cycle once, told from its first file in alphabetical order. Types count: a cycle of types ties files together too. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) found.add(named(trail.slice(start)));
    if (start !== -1 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found];
}

function named(cycle: readonly string[]): string {
  const first = cycle.indexOf([...cycle].sort()[0] ?? "");
  const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
  return `cycle: ${[...turned, turned[0]].join(" → ")}`;
}
