/**
 * `npm run bench`, `npm run scale`, `npm run screenshots` and `npm run demo`: TypeScript that is no part of the package, bundled into .tmp and run there.
 * What follows the name is passed on.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, bundleCli, threadEntry } from "./bundle.js";

const root = fileURLToPath(new URL("..", import.meta.url));
/** @type {Record<string, { entries: string[], outdir: string, program: string }>} */
const programs = {
  bench: {
    entries: ["main", "read-worker", "replay-worker", "migration-worker", "writers-worker"].map(
      (name) => `test/bench/${name}.ts`,
    ),
    outdir: ".tmp/bench",
    program: "main.js",
  },
  scale: {
    entries: ["main", "writer"].map((name) => `test/scale/${name}.ts`),
    outdir: ".tmp/scale",
    program: "main.js",
  },
  partitions: { entries: ["test/scale/partitions.ts"], outdir: ".tmp/scale", program: "partitions.js" },
  screenshots: { entries: ["test/ui/screenshots.ts"], outdir: ".tmp/screenshots", program: "screenshots.js" },
  demo: { entries: ["examples/demo.ts"], outdir: ".tmp", program: "demo.js" },
};

const [name = "", ...args] = process.argv.slice(2);
const found = programs[name];
if (found === undefined) throw new Error(`unknown program "${name}"; one of: ${Object.keys(programs).join(", ")}`);
const outdir = join(root, found.outdir);
await bundle(
  [...found.entries.map((entry) => join(root, entry)), ...(name === "bench" ? [threadEntry(root)] : [])],
  outdir,
);
if (name === "bench") {
  await bundleCli(root, join(outdir, "dist/cli"));
  copyFileSync(join(root, "package.json"), join(outdir, "package.json")); // the commands read their version there
}
const { status } = spawnSync(process.execPath, [join(outdir, found.program), ...args], { stdio: "inherit", cwd: root });
process.exitCode = status ?? 1;
