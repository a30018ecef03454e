import { createInterface } from "node:readline/promises";

/**
 * Asks on the terminal; stdin and stderr have to be one. Ctrl-C ends the program by SIGINT, as it does where nothing is
 * asked: while a line is typed the terminal sends no signal, only the key.
 *
 * @returns what was typed; undefined where the input ended without an answer (Ctrl-D)
 */
export async function ask(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.once("close", () => ended.abort());
  terminal.once("SIGINT", () => {
    terminal.close(); // gives the terminal back first
    process.kill(process.pid, "SIGINT");
  });
  try {
    return await terminal.question(question, { signal: ended.signal });
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    return undefined;
  } finally {
    terminal.close();
  }
}
