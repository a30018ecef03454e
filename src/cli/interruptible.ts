const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs what must not be left half done: Ctrl-C aborts it, so that it can clear away what it began. The program then ends by
 * that signal all the same, as shells and scripts expect.
 */
export async function interruptible<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    received = name;
    controller.abort(new Error(`ended by ${name}`));
  };
  for (const name of SIGNALS) process.once(name, onSignal);
  try {
    return await act(controller.signal);
  } finally {
    for (const name of SIGNALS) process.removeListener(name, onSignal);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
