/** What a request says about where it comes from. */
export interface RequestOrigin {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site: sent by every browser of today, never by a script of a page. */
  readonly site: string | undefined;
}

/**
 * Any web page can send requests to a port of this machine, and a name of its own that it lets point here (DNS rebinding).
 * Only our own page, under our own name, is answered.
 *
 * @returns what is wrong, or undefined
 */
export function foreignRequest({ method, host, origin, site }: RequestOrigin, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (host === undefined || !hosts.includes(host)) return "this server answers only under the address that it printed";
  const isRead = method === "GET" || method === "HEAD";
  if (origin !== undefined ? origin !== `http://${host}` : !isRead) return "the request comes from another page";
  if (site !== undefined && site !== "same-origin" && site !== "none") return "the request comes from another page";
  return undefined;
}
