import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** From here and from where this is bundled to, .tmp/bench, alike. */
const FOLDER = fileURLToPath(new URL("../../test/bench/", import.meta.url));
const requirePeer = createRequire(join(FOLDER, "package.json"));

/**
 * A package of test/bench/package.json. Those are loaded by name at run time, and the caller says in a small type what it
 * uses of them: so the project itself is built and checked without any of them.
 */
export function peer<T>(name: string): T {
  return requirePeer(name) as T;
}

/** `emmett-sqlite 0.42.4`: what stands in a row as the peer. */
export function named(name: string): string {
  const { version } = JSON.parse(readFileSync(join(FOLDER, "node_modules", name, "package.json"), "utf8"));
  return `${name.replace(/^@[^/]+\//, "")} ${version}`;
}

/**
 * Installs them where what stands there is not of this lock file; a copy of it is left beside them. Minutes, where two
 * drivers of SQLite have to be compiled.
 */
export function installPeers(): void {
  const wanted = readFileSync(join(FOLDER, "package-lock.json"), "utf8");
  const mark = join(FOLDER, "node_modules", ".installed-lock.json");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  process.stderr.write("installing what sessiondb is measured beside into test/bench/node_modules …\n");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: FOLDER,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32", // npm is a script there
  });
  if (status !== 0) throw new Error("npm ci failed in test/bench. Without peers: npm run bench -- --no-peers");
  writeFileSync(mark, wanted);
}
