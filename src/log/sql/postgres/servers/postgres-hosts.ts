/** One server of an address. */
export interface ServerPlace {
  /** For messages: `host:port` where the address names several servers, else empty. */
  readonly name: string;
  /** For pg: this server alone, without the parameters that are ours. */
  readonly connectionString: string;
}

/** What a server has to be, in the words of libpq. */
export const SERVER_ROLES = ["any", "read-write", "primary", "read-only", "standby", "prefer-standby"] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

/** More are a mistake: each that is away may cost a connection's time limit. */
export const MAX_HOSTS = 16;

const DEFAULT_PORT = "5432";
/** User and password reach to the last `@` before the path, as pg reads them. */
const AUTHORITY = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s;
const ONE_HOST = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]\s,]+)(?::(\d{1,5}))?$/;

/**
 * The servers of an address without its parameters, in order; pg itself knows only one: of
 * `postgres://user@h1,h2:5433/db` it would make one host `h1,h2`.
 *
 * @returns undefined where one of several hosts cannot be read, or there are more than MAX_HOSTS
 */
export function serversOf(base: string, query: string): readonly ServerPlace[] | undefined {
  const withQuery = (address: string) => (query === "" ? address : `${address}?${query}`);
  const [, before = "", hosts = "", behind = ""] = AUTHORITY.exec(base) ?? [];
  if (!hosts.includes(",")) return [{ name: "", connectionString: withQuery(base) }];
  const found = hosts.split(",").map((text) => ONE_HOST.exec(text));
  if (found.length > MAX_HOSTS || found.includes(null)) return undefined;
  return found.map((match) => {
    const [, host, port = DEFAULT_PORT] = match as RegExpExecArray;
    const name = `${host}:${port}`;
    return { name, connectionString: withQuery(`${before}${name}${behind}`) };
  });
}

/** The same address at other hosts. */
export function withHosts(base: string, hosts: string): string {
  return base.replace(AUTHORITY, (_, before: string, _hosts, behind: string) => `${before}${hosts}${behind}`);
}
