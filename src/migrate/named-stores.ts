import { storeOption } from "./store-option.js";

/** The logs that a command line is about, as they were written there; none where it names none. */
export interface NamedStores {
  readonly store?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const NOUNS =
  "session(?: pr)?|collab(?: (?:chunk|memory|task|artifact|agent))?|events|mark|import|export|outbox|projection|web";
const ALONE =
  "audit|undo|redo|migrate(?: (?:to|status|list|resume))?|rollback|backup|restore|archive(?: (?:list|restore))?" +
  "|partition(?: list)?|verify|ui|redact|erase|sign|health|status|stats|doctor|mcp";
/** A command that looks at a store, and what stands behind it up to the next one. `audit check` and `archive verify` are none. */
const COMMAND = new RegExp(`(sessiondb )((?:${NOUNS}) [a-z][a-z-]*|${ALONE})(?![\\w-])((?:(?!sessiondb |;)[^])*)`, "g");
const OF_A_FILE = /^sessiondb (?:audit check|archive verify)\b/;
const TWO_LOGS = /^(?:migrate|rollback|restore)\b/;

/**
 * What somebody is told, with the commands in it about the logs of his own command line: who types `run: sessiondb verify`
 * as it stands would look at another store. Commands that name one already are left as they are. The option goes behind the
 * command's words, because what follows them may be prose.
 */
export function withStores(text: string, stores: NamedStores): string {
  return text.replace(COMMAND, (whole, program: string, command: string, rest: string) => {
    if (OF_A_FILE.test(whole)) return whole;
    return `${program}${command}${optionsOf(command, rest, stores)}${rest}`;
  });
}

function optionsOf(command: string, rest: string, { store, from, to }: NamedStores): string {
  const isNamed = (name: string) => new RegExp(` ${name}\\b`).test(rest);
  const option = (name: "--store" | "--from" | "--to", url: string | undefined) =>
    url === undefined || isNamed(name) ? "" : storeOption(name, url);
  if (/^migrate(?: to)?$/.test(command)) return `${option("--from", from ?? store)}${option("--to", to)}`;
  if (TWO_LOGS.test(command)) return option("--to", to ?? store);
  const both = [...new Set([store, from, to])].filter((url) => url !== undefined);
  return both
    .map((url) => option("--store", url))
    .filter((one) => one !== "")
    .join(", or");
}
