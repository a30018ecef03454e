import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { storeName } from "../../src/cli/confirm-name.js";
import { documentOf, refusalOf } from "../support/cli-answers.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const cwd = tempDir();
const run = (...args: string[]) => runCli(args, { cwd });

const json = async (...args: string[]) => documentOf(await run(...args, "--json"));
const refused = async (...args: string[]) => refusalOf(await run(...args, "--json"));

describe.each([
  ["sqlite", async () => "sqlite:./s.db"],
  ["jsonl", async () => "jsonl:./s.jsonl"],
  ["postgres", freshPostgresUrl],
])("%s", (kind, fresh) => {
  const store: string[] = [];
  const file = `${kind}.jsonl.gz`;
  let url = "";

  beforeAll(async () => {
    url = await fresh();
    store.push("--store", url);
    for (const id of ["one", "two"]) {
      for (const args of [
        ["start", id],
        ["update", id, "--set", "branch=x"],
      ]) {
        const { code, stderr } = await run("session", ...args, ...store);
        expect(code, stderr).toBe(0);
      }
    }
  });

  test("a dry run says what, and writes nothing", async () => {
    const plan = await json("archive", "--before", "4", "--dry-run", ...store);
    expect(plan).toMatchObject({
      schema: "archive/1",
      offset: 4,
      from: 1,
      to: 3,
      events: 3,
      dryRun: true,
      archive: null,
    });
    expect(await json("archive", "list", ...store)).toMatchObject({ items: [] });
    expect(await json("archive", "--before", "2020-01-01", "--to", file, ...store)).toMatchObject({
      events: 0,
      archive: null,
    });
    expect(existsSync(join(cwd, file))).toBe(false);
  });

  test("what cannot be done is refused, and nothing is written", async () => {
    writeFileSync(join(cwd, "notes.txt"), "mine");
    expect(await refused("archive", "--to", file, ...store)).toEqual({ code: 2, error: "ARGUMENT_INVALID" });
    expect(await refused("archive", "--before", "4", ...store)).toEqual({ code: 2, error: "ARGUMENT_INVALID" });
    expect(await refused("archive", "--before", "x", "--to", file, ...store)).toEqual({
      code: 2,
      error: "POINT_INVALID",
    });
    expect(await refused("archive", "--before", "99", "--to", file, ...store)).toEqual({
      code: 3,
      error: "POINT_OUTSIDE",
    });
    expect((await refused("archive", "--before", "4", "--to", "notes.txt", ...store)).error).toMatch(
      /ARCHIVE_DAMAGED|OUTPUT_EXISTS/,
    );
    expect((await refused("archive", "--before", "4", "--to", "notes.txt/x", ...store)).error).toMatch(
      /OUTPUT_UNWRITABLE|STORAGE/,
    );
    expect((await refused("archive", "--before", "4", "--to", ".", ...store)).code).not.toBe(0);
    expect(await refused("archive", "restore", "none.gz", ...store)).toEqual({ code: 3, error: "ARCHIVE_NOT_FOUND" });
    expect(readFileSync(join(cwd, "notes.txt"), "utf8")).toBe("mine");
    expect(await json("archive", "list", ...store)).toMatchObject({ items: [] });
  });

  test("events move into a file and back; without it their past is ARCHIVED, and the present goes on", {
    timeout: 120_000,
  }, async () => {
    const made = await json("archive", "--before", "4", "--to", `deep/${file}`, ...store);
    expect(made).toMatchObject({ to: 3, archive: { from: 1, to: 3, file: join(cwd, "deep", file) } });
    expect(await json("verify", ...store)).toMatchObject({ ok: true, verified: 4 });
    expect((await json("session", "log", "one", ...store)).items).toHaveLength(2);

    mkdirSync(join(cwd, "away"), { recursive: true });
    renameSync(join(cwd, "deep", file), join(cwd, "away", file));
    expect(await refused("session", "log", "one", ...store)).toEqual({ code: 5, error: "ARCHIVED" });
    expect(await refused("session", "list", "--as-of", "2", ...store)).toEqual({ code: 5, error: "ARCHIVED" });
    expect(await refused("backup", "-o", "x.jsonl", ...store)).toEqual({ code: 5, error: "ARCHIVED" });
    expect(existsSync(join(cwd, "x.jsonl"))).toBe(false);
    expect(await json("verify", ...store)).toMatchObject({ ok: true, verified: 4, archivedTo: 3 });
    expect((await json("session", "list", ...store)).items).toHaveLength(2);
    await json("session", "update", "one", "--set", "branch=y", ...store);
    expect(await json("archive", "list", ...store)).toMatchObject({ items: [{ to: 3, foundAt: null }] });

    const at = ["--archive", "away"];
    expect((await json("session", "log", "one", ...store, ...at)).items).toHaveLength(3);
    expect(await json("verify", ...store, ...at)).toMatchObject({ ok: true, verified: 5 });
    expect(
      await refused("redact", "--event", "1", "--reason", "x", `--yes=${storeName(url)}`, ...store, ...at),
    ).toMatchObject({ error: "ARCHIVED" });
    await json("migrate", "--from", url, "--to", `jsonl:./moved-${file}.jsonl`, "--no-switch", ...at);

    const archive = join("away", file);
    expect(await json("archive", "verify", archive)).toMatchObject({ schema: "archive-verify/1", from: 1, to: 3 });
    expect(await json("archive", "restore", archive, ...store)).toMatchObject({ offset: 5, from: 1, to: 3 });
    rmSync(join(cwd, archive));
    expect(await json("verify", ...store)).toMatchObject({ ok: true, verified: 5 });
    expect((await json("projection", "check", ...store)).ok).toBe(true);
  });
});
