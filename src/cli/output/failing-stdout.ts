import { writeSync } from "node:fs";

/**
 * `sessiondb log | head` closes the pipe early: that is no failure. Where stderr takes nothing (`2>&1 | head`, a full
 * disk), its remarks are lost and nobody could be told so; a command must not end for that before its work is done.
 */
export function quietOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => onFailure(error));
  process.stderr.on("error", () => undefined);
}

/** For a command that has more to do when stdout fails than to end at once; an error EPIPE means that nobody reads. */
export function whenStdoutFails(act: (error: NodeJS.ErrnoException) => void): void {
  onFailure = act;
}

let onFailure = (error: NodeJS.ErrnoException): void => {
  if (error.code === "EPIPE") process.exit(0);
  writeSync(2, `error OUTPUT_FAILED: ${error.message}\n`);
  process.exit(1);
};
