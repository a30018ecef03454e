/** The one way in which this project is bundled: for the CLI, the workers of the tests, the bench and the demo. */
import { build } from "esbuild";

/** The oldest Node that package.json allows. */
const TARGET = "node20.19";

/**
 * Bundles each entry for plain Node, with the packages left outside. Returns the paths written.
 *
 * @param {readonly string[]} entryPoints
 * @param {string} outdir
 * @param {import("esbuild").BuildOptions} [options]
 */
export async function bundle(entryPoints, outdir, options = {}) {
  const { metafile } = await build({
    entryPoints: [...entryPoints],
    outdir,
    bundle: true,
    platform: "node",
    format: "esm",
    target: TARGET,
    packages: "external",
    metafile: true,
    logLevel: "warning",
    ...options,
  });
  return Object.keys(metafile?.outputs ?? {});
}

/**
 * The two commands. Split, so that what one command needs (a driver, for one) is loaded only when that command runs.
 *
 * @param {string} root
 * @param {string} outdir
 * @param {import("esbuild").BuildOptions} [options]
 */
export function bundleCli(root, outdir, options = {}) {
  const entries = ["sessiondb", "minsky"].map((name) => `${root}/src/cli/${name}.ts`);
  return bundle(entries, outdir, { splitting: true, ...options });
}
