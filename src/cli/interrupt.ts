import { StoppedError } from "../errors.js";

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs work that can be ended between two steps: the first Ctrl-C aborts its signal, the second ends the process. The
 * exit code of work that was stopped is that of the signal, as shells know it.
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<number | undefined>,
  tell: (error: StoppedError) => void,
): Promise<number | undefined> {
  const controller = new AbortController();
  let code = 0;
  const interrupt = (name: keyof typeof CODES) => {
    code = CODES[name];
    controller.abort(new StoppedError("MIGRATION_STOPPED", "it was stopped before anything was written"));
  };
  const names = Object.keys(CODES) as (keyof typeof CODES)[];
  for (const name of names) process.once(name, interrupt);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (code === 0 || !(error instanceof StoppedError)) throw error;
    tell(error);
    return code;
  } finally {
    for (const name of names) process.off(name, interrupt);
  }
}
