/**
 * A client that keeps cookies, as a browser does. Each request has a connection of its own: that of an answer which was cut off
 * may be closed when the next one is sent.
 */
export class Browser {
  readonly #base: string;
  readonly cookies = new Map<string, string>();

  constructor(base: string) {
    this.#base = base;
  }

  async get(path: string): Promise<{ status: number; text: string; setCookie: string[] }> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { connection: "close", ...(cookie === "" ? {} : { cookie }) };
    const response = await fetch(this.#base + path, { headers, redirect: "manual" });
    const setCookie = response.headers.getSetCookie();
    for (const line of setCookie) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return { status: response.status, text: await response.text(), setCookie };
  }

  async json(path: string): Promise<unknown> {
    return JSON.parse((await this.get(path)).text);
  }
}
