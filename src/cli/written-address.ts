import { UsageError } from "../errors.js";
import { maskUrl } from "../log/mask-url.js";
import type { Streams } from "./output/streams.js";

/** For every address that may have come from the command line. */
export function warnOfPassword(url: string, streams: Streams, instead = "use SESSIONDB_STORE"): void {
  if (maskUrl(url) === url || !process.argv.some((arg) => arg.includes(url))) return;
  streams.note(`warning: other users of this machine can read the password in this command line; ${instead}`);
}

/** An address as it is written, or `env:NAME` of a variable that holds it. @throws UsageError ARGUMENT_INVALID */
export function addressOf(written: string, streams: Streams): string {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(written) ?? [];
  if (name === undefined) {
    warnOfPassword(written, streams, "write env:NAME of a variable that holds the address");
    return written;
  }
  const address = process.env[name];
  if (address !== undefined && address !== "") return address;
  throw new UsageError("ARGUMENT_INVALID", `there is no variable ${name} in the environment`, {
    hint: `set it to the address: ${name}=postgres://user@host/database`,
  });
}
