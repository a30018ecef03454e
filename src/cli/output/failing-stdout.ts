import { writeSync } from "node:fs";

/** `sessiondb log | head` closes the pipe early: that is no failure. */
export function quietOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => onFailure(error));
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
