import { quietOnBrokenPipe } from "./output/failing-stdout.js";
import { VERSION } from "./version.js";

/** Asking for the version loads nothing else. */
export async function main(programName: "sessiondb" | "minsky"): Promise<void> {
  const args = process.argv.slice(2);
  const [first = ""] = args;
  if (args.length === 1 && ["--version", "-V"].includes(first)) {
    quietOnBrokenPipe();
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  if (first === "__complete") {
    const { complete } = await import("./completion/complete.js");
    return complete(programName, args.slice(1));
  }
  const { run } = await import("./run.js");
  await run(programName, args);
}
