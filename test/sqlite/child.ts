import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const bundles = new Map<string, string>();

/** Node cannot run TypeScript in all versions that we support, so a child's program is bundled once per test file. */
function bundled(program: string): string {
  let file = bundles.get(program);
  if (file === undefined) {
    file = `${ROOT}node_modules/.cache/sessiondb-test/${program}-${process.pid}.mjs`;
    const entryPoints = [`${ROOT}test/sqlite/${program}.ts`];
    buildSync({
      entryPoints,
      outfile: file,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: "node20",
    });
    bundles.set(program, file);
  }
  return file;
}

afterAll(() => {
  for (const file of bundles.values()) rmSync(file, { force: true });
});

export interface ChildOptions {
  /** Shell commands before the program, e.g. `ulimit -f 100`. */
  readonly before?: string;
  readonly uid?: number;
}

/** Runs test/sqlite/`program`.ts to its end. @returns what it printed, as JSON */
export async function runChild(program: string, args: readonly string[], options: ChildOptions = {}): Promise<unknown> {
  const script = `${options.before ?? ":"}; exec "$0" "$@"`;
  const identity = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const all = ["-c", script, process.execPath, bundled(program), ...args];
  const { stdout } = await run("sh", all, { cwd: ROOT, timeout: 60_000, ...identity });
  return JSON.parse(stdout);
}
