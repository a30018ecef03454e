const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs what must not be left half done: Ctrl-C aborts it, so that it can clear away what it began. The program then ends by
 * that signal all the same, as shells and scripts expect: at once where the act was given up, and where it came to its end,
 * or failed by itself, when that was told. A second Ctrl-C ends the program as it always does.
 */
export async function interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    received = name;
    controller.abort(new Error(`ended by ${name}`));
  };
  for (const name of SIGNALS) process.once(name, onSignal);
  let isGivenUp = false;
  try {
    return await act(controller.signal);
  } catch (error) {
    isGivenUp = error === controller.signal.reason;
    throw error;
  } finally {
    for (const name of SIGNALS) process.removeListener(name, onSignal);
    if (received !== undefined) endBy(received, isGivenUp);
  }
}

function endBy(name: NodeJS.Signals, atOnce: boolean): void {
  const end = () => process.kill(process.pid, name);
  if (atOnce) end();
  else process.once("beforeExit", end);
}
