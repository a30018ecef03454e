import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundledProgram } from "./bundled-program.js";
import { cleanUp } from "./clean-up.js";
import { tempDir } from "./temp.js";
import { until } from "./until.js";

const READY = "ready> ";

/**
 * A bash at a terminal with the completion of this program, into which keys are typed. There `sessiondb` completes as it
 * is, and says what words it was given instead of doing anything: `<session><show><auth>`.
 */
export class TypedBash {
  readonly #child: ChildProcess;
  #screen = "";

  private constructor(cwd: string, env: Readonly<Record<string, string>>) {
    const folder = tempDir();
    const rc = join(folder, "rc");
    const quiet = "bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'";
    writeFileSync(rc, `PS1='${READY}'\n${quiet}\nsource <(sessiondb completion bash)\n`);
    const real = `'${process.execPath}' '${bundledProgram("cli", "dist/cli/sessiondb.js")}'`;
    const path = join(folder, "sessiondb");
    const echo = `case "$1" in __complete|completion) exec ${real} "$@";; esac; printf '<%s>' "$@"; echo`;
    writeFileSync(path, `#!/bin/sh\n${echo}\n`);
    chmodSync(path, 0o755);
    // A terminal that is wide enough not to fold lines; \`script\` makes it.
    const line = `stty cols 500 rows 50; exec bash --noprofile --rcfile '${rc}' -i`;
    const all = { ...process.env, ...env, PATH: `${folder}:${process.env.PATH}`, TERM: "dumb", HISTFILE: "" };
    this.#child = spawn("script", ["-qfec", line, "/dev/null"], { cwd, env: all, stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#screen += text;
    });
    cleanUp(() => {
      this.#child.kill("SIGKILL");
    });
  }

  static async start(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<TypedBash> {
    const bash = new TypedBash(cwd, env);
    await bash.#shows(READY);
    return bash;
  }

  /** Types keys (a Tab is `\t`). @returns what the screen shows from then on, as soon as it holds `expected` */
  async type(keys: string, expected: string): Promise<string> {
    this.#screen = "";
    this.#child.stdin?.write(keys);
    return this.#shows(expected);
  }

  /** Sends the line. @returns what was printed */
  async enter(): Promise<string> {
    const screen = await this.type("\n", READY);
    return screen.replace(READY, "").trim();
  }

  async #shows(expected: string): Promise<string> {
    await until(`${JSON.stringify(expected)} on the screen`, () => this.#screen.includes(expected)).catch((error) => {
      throw new Error(`${error.message}; it shows ${JSON.stringify(this.#screen)}`);
    });
    return this.#screen;
  }
}
