/**
 * Runs command lines of the built commands one after the other in this process, so that many do not pay for the start of
 * Node and the loading of the program each. A line is what a process of its own would be, as far as it goes: the built entry
 * is evaluated, with the folder, the environment and the arguments of the line; and the line has ended when nothing is left
 * that would keep a process alive (`beforeExit`), not when the command says so. A line that ends the process ends this one.
 *
 * Messages from the parent: {program, args, cwd, env, stdin}. Answers: {code, stdoutBytes, stderrBytes}, what was
 * printed since the start of this process, because pipes and messages arrive in no order.
 */
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

/** @typedef {{ program: string, args: string[], cwd: string, env: Record<string, string>, stdin: string }} Line */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const channel = process.channel;
let count = 0;
let isBusy = false;

process.on("message", (/** @type {Line} */ line) => void start(line));
process.on("disconnect", () => process.exit());
process.on("beforeExit", answer);

/** @param {Line} line */
async function start({ program, args, cwd, env, stdin }) {
  isBusy = true;
  channel?.unref();
  process.chdir(cwd);
  become(env);
  process.argv = [process.execPath, program, ...args];
  Object.defineProperty(process, "stdin", { value: inputOf(stdin), configurable: true });
  await import(`${pathToFileURL(program).href}?line=${++count}`);
}

/** @param {Record<string, string>} env */
function become(env) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value;
}

/** @param {string} text */
function inputOf(text) {
  return Readable.from(text === "" ? [] : [Buffer.from(text)], { objectMode: false });
}

/** Nothing is left to be done: a process of its own would have ended here. */
function answer() {
  if (!isBusy) return;
  isBusy = false;
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  for (const name of SIGNALS) process.removeAllListeners(name);
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  channel?.ref();
  process.send?.({ code, stdoutBytes: bytesOf(process.stdout), stderrBytes: bytesOf(process.stderr) });
}

/** @param {NodeJS.WriteStream} stream */
function bytesOf(stream) {
  return stream.bytesWritten;
}
