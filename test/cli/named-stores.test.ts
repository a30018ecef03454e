import { join } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { Streams } from "../../src/cli/output/streams.js";
import { programOf } from "../../src/cli/program.js";
import { withStores } from "../../src/migrate/named-stores.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const A = "jsonl:/a.jsonl";
const B = "sqlite:/b.db";

test.each([
  ["run: sessiondb verify", { store: A }, `run: sessiondb verify --store ${A}`],
  ["sessiondb session repair tells", { store: A }, `sessiondb session repair --store ${A} tells`],
  ["sessiondb session pr create makes one", { store: A }, `sessiondb session pr create --store ${A} makes one`],
  ["sessiondb session revert s --to 3", { store: A }, `sessiondb session revert --store ${A} s --to 3`],
  ["sessiondb events export --to 3", { store: A }, `sessiondb events export --store ${A} --to 3`],
  [
    "sessiondb backup -o F, then sessiondb doctor",
    { store: A },
    `sessiondb backup --store ${A} -o F, then sessiondb doctor --store ${A}`,
  ],
  ["run: sessiondb verify", { store: "sqlite:/a b.db" }, "run: sessiondb verify --store 'sqlite:/a b.db'"],
  ["sessiondb migrate resume last", { from: A, to: B }, `sessiondb migrate resume --to ${B} last`],
  ["sessiondb rollback last", { store: A }, `sessiondb rollback --to ${A} last`],
  ["sessiondb migrate --preview", { from: A, to: B }, `sessiondb migrate --from ${A} --to ${B} --preview`],
  ["sessiondb migrate --preview", { store: A }, `sessiondb migrate --from ${A} --preview`],
  ["check both: sessiondb verify", { from: A, to: B }, `check both: sessiondb verify --store ${A}, or --store ${B}`],
])("%s", (text, stores, named) => {
  expect(withStores(text, stores)).toBe(named);
});

test.each([
  ["names one already", "sessiondb undo --session s --store sqlite:./mine.db", { store: A }],
  ["names both already", `sessiondb migrate --from ${B} --to another store`, { store: A }],
  ["looks at no store", "sessiondb audit check --expect-head; sessiondb archive verify FILE reads one", { store: A }],
  ["looks at no store", "sessiondb config set --user k -, sessiondb key create F, sessiondb schema", { store: A }],
  ["is no command", "a newer sessiondb may have written it", { store: A }],
  ["has a password that is not to be told", "run: sessiondb verify", { store: "postgres://ada:***@h/d" }],
  ["stands where nobody named a store", "run: sessiondb verify", {}],
])("a command that %s is left as it is: %s", (_why, text, stores) => {
  expect(withStores(text, stores)).toBe(text);
});

/** Commands that look at no store. */
const NO_STORE = /^(?:audit check|archive verify|config .*|key .*|completion|schema|help|roles)$/;

test("every command that looks at a store is known by all its words", async () => {
  const program = await programOf("sessiondb", { exitCode: 0, streams: new Streams() });
  const typed = program.commands.flatMap((command) => leavesOf(command, []));
  expect(typed.length).toBeGreaterThan(80);
  for (const command of typed) {
    const named = withStores(`sessiondb ${command}.`, { store: A });
    if (NO_STORE.test(command)) expect(named).toBe(`sessiondb ${command}.`);
    else expect(named).toMatch(new RegExp(`^sessiondb ${command} --(?:store|from|to) ${A}\\.$`));
  }
});

function leavesOf(command: Command, before: readonly string[]): string[] {
  const typed = [...before, command.name()];
  const below = command.commands.flatMap((one) => leavesOf(one, typed));
  return command.registeredArguments.length > 0 || below.length === 0 ? [typed.join(" "), ...below] : below;
}

test("a hint means the store of the command line, also as JSON", async () => {
  const store = `sqlite:${join(tempDir(), "s.db")}`;
  await runCli(["session", "start", "s", "--store", store]);
  const hint = `run: sessiondb session list --store ${store}`;
  expect((await runCli(["session", "show", "nope", "--store", store])).stderr).toContain(`hint: ${hint}\n`);
  const asJson = await runCli(["session", "show", "nope", "--json", "--store", store]);
  expect(JSON.parse(asJson.stderr).error.hint).toBe(hint);
  const env = { SESSIONDB_STORE: store }; // which the command of the hint obeys, too
  expect((await runCli(["session", "show", "nope"], { env })).stderr).toContain("hint: run: sessiondb session list\n");
});

test("a hint about a migration means the log of its journal", async () => {
  const folder = tempDir();
  const [from, to] = [`sqlite:${join(folder, "s.db")}`, `jsonl:${join(folder, "t.jsonl")}`];
  await runCli(["session", "start", "s", "--store", from]);
  await runCli(["migrate", "--from", from, "--to", to]);
  const { stderr } = await runCli(["migrate", "resume", "last", "--to", to]);
  expect(stderr).toContain(`sessiondb migrate --to ${to}\n`);
});
