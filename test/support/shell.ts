import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundledProgram } from "./bundled-program.js";
import type { CliResult } from "./cli.js";
import { tempDir } from "./temp.js";

/** Runs a line as a user's shell would, with the built `sessiondb` and `minsky` as commands. */
export function runShell(line: string, options: { cwd: string; env?: Record<string, string> }): Promise<CliResult> {
  const PATH = `${commandFolder()}:${process.env.PATH}`;
  const env = { ...process.env, ...options.env, PATH };
  const child = spawn("sh", ["-c", line], { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder with the two commands, for PATH. */
export function commandFolder(): string {
  const folder = tempDir();
  for (const name of ["sessiondb", "minsky"]) {
    const path = join(folder, name);
    writeFileSync(
      path,
      `#!/bin/sh\nexec '${process.execPath}' '${bundledProgram("cli", `dist/cli/${name}.js`)}' "$@"\n`,
    );
    chmodSync(path, 0o755);
  }
  return folder;
}
