/** `npm run build`: the library by tsc, the two commands and the page by esbuild. Any error ends it with code 1. */
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCli, bundlePage } from "./bundle.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", join(root, ".ci/tsconfig.build.json")], { stdio: "inherit" });
  await bundleCli(root, join(root, "dist/cli"));
  await bundlePage(root, join(root, "dist/ui"));
  for (const name of ["sessiondb", "minsky"]) chmodSync(join(root, `dist/cli/${name}.js`), 0o755);
} catch (error) {
  // tsc and esbuild have printed what is wrong.
  console.error(`build failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
