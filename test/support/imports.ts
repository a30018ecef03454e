/** What one file takes from others, read from its text. */
export interface FileImports {
  /** Specifiers as written, of imports, re-exports and dynamic imports; types included. */
  readonly specifiers: readonly string[];
  /** Names taken from each package by static imports. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  readonly reExports: boolean;
  readonly exportsAll: boolean;
  readonly exportsDefault: boolean;
  /** A dynamic import of something that is not a string literal, which no reader can follow. */
  readonly computed: boolean;
}

const CLAUSE = String.raw`(?:type\s+)?(\*[^"';]*?|\{[^}]*\}|[\w$]+(?:\s*,\s*(?:\{[^}]*\}|\*\s*as\s+[\w$]+))?)`;
const STATIC = new RegExp(String.raw`^\s*(import|export)\s*${CLAUSE}\s*from\s*["']([^"']+)["']`, "gm");
const SIDE_EFFECT = /^\s*import\s*["']([^"']+)["']/gm;
const DYNAMIC = /\b(?:import|require)\(\s*(?:["']([^"']+)["']|([^)\s]))/g;
const DEFAULT = /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m;
const COMMENT_LINE = /^\s*(?:\*|\/\*|\/\/).*$/gm;

/** TypeScript 7 has no programming interface, so this goes by the forms that the formatter leaves of a statement. */
export function importsOf(source: string): FileImports {
  const text = source.replace(COMMENT_LINE, "");
  const specifiers: string[] = [];
  const named = new Map<string, string[]>();
  let reExports = false;
  let exportsAll = false;
  for (const [, keyword, clause = "", specifier = ""] of text.matchAll(STATIC)) {
    specifiers.push(specifier);
    named.set(specifier, [...(named.get(specifier) ?? []), ...namesOf(clause)]);
    reExports ||= keyword === "export";
    exportsAll ||= keyword === "export" && clause.startsWith("*");
  }
  for (const [, specifier = ""] of text.matchAll(SIDE_EFFECT)) specifiers.push(specifier);
  let computed = false;
  for (const [, specifier] of text.matchAll(DYNAMIC)) {
    if (specifier === undefined) computed = true;
    else specifiers.push(specifier);
  }
  return { specifiers, named, reExports, exportsAll, exportsDefault: DEFAULT.test(text), computed };
}

function namesOf(clause: string): string[] {
  return [...clause.matchAll(/(?:^|[{,])\s*(?:type\s+)?([\w$]+)/g)].map(([, name = ""]) => name);
}
