/**
 * Runs one Postgres server for the process that started this one, and cannot outlive it: when stdin closes, which the
 * operating system does also for a process killed with -9, the server is stopped and its folder removed.
 *
 * Argument: JSON {folder, program, args, uid?, gid?}. Commands on stdin, a line each: `start`, `fast`, `immediate`, `kill`.
 * Answers on stdout, a line each: `started`, `stopped`, and `exited CODE` when the server ended by itself.
 */
import { spawn } from "node:child_process";
import { openSync, rmSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{ folder: string, program: string, args: string[], uid?: number, gid?: number }} Setup */
/** @type {Setup} */
const setup = JSON.parse(process.argv[2] ?? "");
const log = openSync(join(setup.folder, "server.log"), "a");
/** @type {import("node:child_process").ChildProcess | undefined} */
let server;
let stopping = false;

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

function start() {
  const { program, args, uid, gid, folder } = setup;
  const user = uid === undefined || gid === undefined ? {} : { uid, gid };
  stopping = false;
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log], ...user });
  server = child;
  child.once("error", (error) => say(`exited ${error.message}`));
  child.once("exit", (code, signal) => {
    server = undefined;
    if (!stopping) say(`exited ${code ?? signal}`);
  });
  child.once("spawn", () => say("started"));
}

/**
 * Postgres takes SIGINT as "fast" (clients are cut off, a checkpoint is written) and SIGQUIT as "immediate" (as in a
 * crash: the next start recovers from the WAL). SIGKILL is what it cannot take: its other processes notice by themselves.
 *
 * @param {"SIGINT" | "SIGQUIT" | "SIGKILL"} signal
 * @param {() => void} stopped
 */
function stop(signal, stopped) {
  stopping = true;
  if (server === undefined) return stopped();
  server.once("exit", stopped);
  server.kill(signal);
}

function leave() {
  stop("SIGQUIT", () => {
    // After a kill its other processes may still be writing there.
    rmSync(setup.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    process.exit();
  });
}

/** @param {string} command */
function obey(command) {
  if (command === "start") start();
  else if (command === "fast") stop("SIGINT", () => say("stopped"));
  else if (command === "immediate") stop("SIGQUIT", () => say("stopped"));
  else if (command === "kill") stop("SIGKILL", () => say("stopped"));
}

let pending = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (text) => {
  const lines = (pending + text).split("\n");
  pending = lines.pop() ?? "";
  for (const line of lines) obey(line);
});
process.stdin.on("end", leave);
process.stdin.on("error", leave);
// Nobody may be left to read the answers.
process.stdout.on("error", () => undefined);
