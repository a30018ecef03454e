/**
 * Runs behind `npm install` and `npm ci` in a clone, never where somebody installs the package. The lock file can hold only
 * one version of SQLite's driver: 12, the last one for Node 20. From Node 24.19 on that one ends the process, so Node 24 and
 * newer get the one that is made for them, beside a lock file that stays as it is. A package install picks it by itself.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const DRIVER = "better-sqlite3";
const FIRST_NODE = 24;
const FIRST_DRIVER = 13;

const require = createRequire(import.meta.url);
const { version } = require(`${DRIVER}/package.json`);
const wanted = require("../package.json").dependencies[DRIVER].split("||").at(-1).trim();
const npm = process.env.npm_execpath;

if (major(process.versions.node) >= FIRST_NODE && major(version) < FIRST_DRIVER && npm?.endsWith("npm-cli.js")) {
  console.error(`Node ${process.versions.node}: ${DRIVER} ${wanted} in the place of ${version}`);
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  execFileSync(process.execPath, [npm, "install", ...options, `${DRIVER}@${wanted}`], { stdio: "inherit" });
}

function major(text) {
  return Number.parseInt(text, 10);
}
