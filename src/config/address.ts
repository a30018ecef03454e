import { extname } from "node:path";

const BY_EXTENSION: Readonly<Record<string, string>> = { ".jsonl": "jsonl", ".db": "sqlite", ".sqlite": "sqlite" };
/** Two characters at least: `C:` is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):(.*)$/is;

/** The scheme in lower case, empty where there is none; of a bare path, the one that its ending stands for. */
export function addressParts(url: string): { scheme: string; rest: string } {
  const [, scheme, rest] = SCHEME.exec(url) ?? [];
  if (scheme !== undefined && rest !== undefined) return { scheme: scheme.toLowerCase(), rest };
  return { scheme: BY_EXTENSION[extname(url).toLowerCase()] ?? "", rest: url };
}

/** Whether the address is of a Postgres server. */
export function isServerAddress(url: string): boolean {
  return /^postgres(ql)?:/i.test(url);
}
