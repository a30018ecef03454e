/**
 * Loads the program and runs it. It imports nothing itself: where a module cannot be loaded, because this user may open no
 * more files, somebody must be there to say so.
 */
export async function start(programName: "sessiondb" | "minsky"): Promise<void> {
  try {
    const { main } = await import("./main.js");
    await main(programName);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EMFILE" && code !== "ENFILE") throw error;
    process.stderr.write(`${told(programName, code)}\n`);
    process.exitCode = 1;
  }
}

function told(programName: string, reason: string): string {
  const code = "STORAGE_FAILED";
  const message = `${programName} could not be loaded: too many files are open (${reason})`;
  const hint = "close some, or raise the limit (ulimit -n)";
  if (process.argv.some((arg) => /^--json(=|$)/.test(arg))) return JSON.stringify({ error: { code, message, hint } });
  return `error ${code}: ${message}\nhint: ${hint}`;
}
