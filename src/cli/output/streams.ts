import { once } from "node:events";
import { defined } from "../../defined.js";
import { SessionDbError } from "../../errors.js";
import { type NamedStores, withStores } from "../../migrate/named-stores.js";
import { aged, type Staleness } from "../../outbox/staleness.js";
import { type ColourChoice, coloursOf } from "./colours.js";
import { printable, printableJson } from "./escape.js";
import { endWhereNobodyReads } from "./failing-stdout.js";
import { foldedText } from "./folded-text.js";
import { picked, pickItems } from "./pick-fields.js";
import { cut } from "./table.js";
import { told } from "./told.js";

const DEFAULT_COLUMNS = 80;

/** Of the options of a command. */
export interface StreamOptions {
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly fields?: string;
  readonly color?: ColourChoice;
}

/** Where a command prints. Data goes to stdout only; everything else to stderr. */
export class Streams {
  /** Programs read what is printed: no remarks, and errors as JSON. */
  readonly json: boolean;
  readonly #quiet: boolean;
  readonly #debug: boolean;
  readonly colour: ColourChoice;
  /** With --json=a,b: what is left of each item. */
  readonly #fields: string | undefined;
  /** How old what is printed is, where it does not come from the store itself; every document says it as `stale`. */
  staleness: () => Staleness | undefined = () => undefined;
  /** The logs of the command line: commands that somebody is told to type name them, too. */
  stores: NamedStores = {};
  #progressShown = false;

  constructor(options: StreamOptions = {}) {
    this.colour = options.color ?? "auto";
    this.#fields = options.fields;
    this.json = options.json === true || options.ndjson === true;
    this.#quiet = options.quiet === true;
    this.#debug = options.debug === true;
  }

  /** Columns of the terminal; undefined where stdout is none, and then nothing is cut. */
  get width(): number | undefined {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  }

  lines(lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (this.#progressShown) this.progress("");
    process.stdout.write(`${lines.join("\n")}\n`);
  }

  /** An empty screen, where stdout is a terminal. What was scrolled away stays. */
  clear(): void {
    if (process.stdout.isTTY && !isDumb()) process.stdout.write("\u001b[H\u001b[2J");
  }

  /**
   * Waits until stdout has taken what was printed: long answers would else pile up in memory where it is slow. Where nobody
   * reads any more the program ends here, so it is for commands that only print.
   */
  async drained(): Promise<void> {
    // Its error is told by whoever listens to stdout, and where it ends the program.
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain").catch(() => undefined);
    endWhereNobodyReads();
  }

  /** One JSON document. */
  document(value: unknown): void {
    process.stdout.write(`${printableJson(JSON.stringify(this.#aged(pickItems(value, this.#fields))))}\n`);
  }

  /** Documents are told by their schema, the end of records by its name; records themselves are left as they are. */
  #aged(value: unknown): unknown {
    const stale = this.staleness();
    const isWhole = typeof value === "object" && value !== null && ("schema" in value || "end" in value);
    return isWhole ? aged(value, stale) : value;
  }

  /** One record a line; the last line says that nothing was cut off, and the offset at which all was true. */
  records(items: Iterable<unknown>, offset: number): void {
    for (const item of items) this.document(picked(item, this.#fields));
    this.recordsEnd(offset);
  }

  recordsEnd(offset: number): void {
    this.document({ end: true, offset });
  }

  /**
   * Writes text as it is and resolves when stdout has taken it: who waits for that before the next one never writes
   * faster than the reader reads. @returns false where stdout took nothing, because its reader is gone or it failed
   */
  taken(text: string): Promise<boolean> {
    return new Promise((resolve) => {
      process.stdout.write(text, (error) => resolve(error === null || error === undefined));
    });
  }

  /** The same for commands that only print: where nobody reads any more the program ends here. */
  async handed(text: string): Promise<boolean> {
    const isTaken = await this.taken(text);
    endWhereNobodyReads();
    return isTaken;
  }

  /** A remark for people, on stderr; not with --quiet or --json. */
  note(text: string): void {
    if (!this.json) this.notice(text);
  }

  /** A remark that whoever reads --ndjson needs too; not with --quiet. */
  say(text: string): void {
    this.notice(text);
  }

  /** What must not be missed: on stderr with --json, too; not with --quiet. */
  notice(text: string): void {
    if (this.#quiet) return;
    const told = printable(withStores(text, this.stores));
    process.stderr.write(`${foldedText(told, columnsOf(process.stderr)).join("\n")}\n`);
  }

  /** Columns that a line of progress may have. */
  get progressWidth(): number {
    return Math.max(1, (process.stderr.columns || DEFAULT_COLUMNS) - 1); // a terminal says 0 where nobody told it
  }

  /** A line that overwrites itself, only on a terminal. An empty text clears it. */
  progress(text: string): void {
    if (!process.stderr.isTTY || isDumb() || this.#quiet || this.json) return;
    // A line that is wrapped could not be taken away again: only its last part would be.
    process.stderr.write(`\r\u001b[K${cut(printable(text), this.progressWidth)}`);
    this.#progressShown = text !== "";
  }

  /**
   * What the parser of arguments says: it writes its suggestion on a second line.
   *
   * @param better advice in the place of that suggestion
   */
  usageError(text: string, better?: string): void {
    const [message = "", suggestion] = text.replace(/^error: /, "").split("\n");
    const hint = better ?? suggestion?.replace(/^\(|\)$/g, "") ?? "add --help to see what it takes";
    this.#print({ code: "USAGE", message, hint });
  }

  error(error: unknown): void {
    this.#print(describe(error));
    if (this.#debug && error instanceof Error) process.stderr.write(`${printable(told(error.stack ?? ""))}\n`);
  }

  #print(error: { code: string; message: string; hint: string | undefined }): void {
    const { code } = error;
    const message = told(withStores(error.message, this.stores));
    const hint = error.hint === undefined ? undefined : told(withStores(error.hint, this.stores));
    if (this.json) {
      process.stderr.write(`${printableJson(JSON.stringify({ error: { code, message, ...defined({ hint }) } }))}\n`);
    } else {
      const { red, cyan } = coloursOf(process.stderr, this.colour);
      const lines = [`${red("error")} ${code}: ${printable(message)}`];
      if (hint !== undefined) lines.push(`${cyan("hint")}: ${printable(hint)}`);
      process.stderr.write(`${lines.join("\n")}\n`);
    }
  }
}

function describe(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof SessionDbError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "UNEXPECTED", message, hint: "run the command again with --debug and report what it prints" };
}

/** Infinity where nothing is to be broken: a file, a pipe, a terminal that does not say. */
function columnsOf(stream: NodeJS.WriteStream): number {
  return (stream.isTTY && stream.columns) || Infinity;
}

/** A terminal that obeys no escapes, and shows them: an editor's shell, a log of a build. */
function isDumb(): boolean {
  return process.env.TERM === "dumb";
}
