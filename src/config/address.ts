import { extname } from "node:path";

const BY_EXTENSION: Readonly<Record<string, string>> = { ".jsonl": "jsonl", ".db": "sqlite", ".sqlite": "sqlite" };
/** Two characters at least: `C:` is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):(.*)$/is;

/** Of a JSONL log. Other question marks belong to its path. */
const QUERY = /\?segment=[^?/\\]*$/;

export interface AddressParts {
  /** In lower case, empty where there is none; of a bare path, the one that its ending stands for. */
  readonly scheme: string;
  readonly rest: string;
  /** Of a JSONL log `?segment=SIZE`, with its question mark: no part of its path. Else empty. */
  readonly query: string;
}

export function addressParts(url: string): AddressParts {
  const [, scheme, rest] = SCHEME.exec(url) ?? [];
  const parts =
    scheme !== undefined && rest !== undefined
      ? { scheme: scheme.toLowerCase(), rest }
      : barePath(url.replace(QUERY, ""), url);
  const query = parts.scheme === "jsonl" ? (QUERY.exec(url)?.[0] ?? "") : "";
  return { scheme: parts.scheme, rest: query === "" ? parts.rest : parts.rest.replace(QUERY, ""), query };
}

function barePath(path: string, url: string): { scheme: string; rest: string } {
  const scheme = BY_EXTENSION[extname(path).toLowerCase()] ?? "";
  return { scheme, rest: scheme === "jsonl" ? path : url };
}

/** Whether the address is of a Postgres server. */
export function isServerAddress(url: string): boolean {
  return /^postgres(ql)?:/i.test(url);
}
