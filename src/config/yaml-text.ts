import { createRequire } from "node:module";
import type { Document, LineCounter } from "yaml";
import { UsageError } from "../errors.js";

/** The parser builds a tree of objects: past these limits a hostile file costs seconds, or the whole process its memory. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_MARKS = 20_000;
const MAX_OPEN_BRACKETS = 64;
const MAX_ALIASES = 20;

export interface YamlText {
  readonly document: Document.Parsed;
  /** Line numbers from 1 of character positions. */
  readonly lines: LineCounter;
}

type Yaml = typeof import("yaml");
let loaded: Yaml | undefined;

/** Loaded when a file is there to be read: most starts of the CLI have none. In step, because the library's calls are. */
export function yaml(): Yaml {
  const require = createRequire(import.meta.url);
  loaded ??= require("yaml") as Yaml;
  return loaded;
}

/**
 * One document of YAML 1.2, core schema: no merge keys, tags or duplicate keys, at most 20 aliases.
 *
 * @throws UsageError CONFIG_TOO_LARGE, CONFIG_SYNTAX, naming file and line; never quotes the text, which may hold a secret
 */
export function parseYaml(file: string, text: string): YamlText {
  refuseBombs(file, text);
  const { LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const options = { schema: "core", merge: false, uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
  const document = parseDocument(text, { ...options, lineCounter: lines });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) throw syntaxError(file, lines.linePos(fault.pos[0]).line, wordsOf(fault.code));
  checkNodes(file, document, lines);
  return { document, lines };
}

export function syntaxError(file: string, line: number, why: string): UsageError {
  return new UsageError("CONFIG_SYNTAX", `${file}:${line}: ${why}`, {
    hint: "mend this line: a configuration is a map of keys and values in YAML 1.2",
  });
}

/** One look at the characters, in step with the length of the text, before anything is built of them. */
function refuseBombs(file: string, text: string): void {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) throw tooLarge(file, `more than ${MAX_CONFIG_BYTES} bytes`);
  let marks = 0;
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (!"\n,[]{}&*!".includes(char) && !("-?:".includes(char) && " \n\t".includes(text[i + 1] ?? " "))) continue;
    marks++;
    if (char === "[" || char === "{") open++;
    else if (char === "]" || char === "}") open--;
    else if (char === "\n" && open < 0) open = 0;
    if (marks > MAX_MARKS) throw tooLarge(file, `more than ${MAX_MARKS} lines and marks`);
    if (open > MAX_OPEN_BRACKETS) throw tooLarge(file, `more than ${MAX_OPEN_BRACKETS} brackets inside each other`);
  }
}

/** Repeated keys are not left to the parser, which compares every key of a map with every other. */
function checkNodes(file: string, document: Document.Parsed, lines: LineCounter): void {
  const { isScalar, visit } = yaml();
  let aliases = 0;
  visit(document, {
    Alias: (_, alias) => {
      if (++aliases > MAX_ALIASES) throw tooLarge(file, `more than ${MAX_ALIASES} aliases`);
      if (alias.resolve(document) !== undefined) return;
      throw syntaxError(file, lines.linePos(alias.range?.[0] ?? 0).line, "an alias of nothing");
    },
    Map: (_, { items }) => {
      const keys = new Set<string>();
      for (const { key } of items) {
        const [name, at] = isScalar(key) ? [String(key.value), key.range?.[0] ?? 0] : ["", 0];
        if (!isScalar(key)) throw syntaxError(file, 1, "a key that is no plain text");
        if (keys.has(name))
          throw syntaxError(file, lines.linePos(at).line, `the key ${JSON.stringify(name)} is there twice`);
        keys.add(name);
      }
    },
  });
}

function tooLarge(file: string, what: string): UsageError {
  return new UsageError("CONFIG_TOO_LARGE", `${file} has ${what}`, { hint: "a configuration has a few dozen lines" });
}

/** `BAD_INDENT` as `bad indent`. */
function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll("_", " ");
}
