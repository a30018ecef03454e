import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Who may use the page. The address that is printed carries a token that works once: whoever opens it first gets a cookie,
 * and from then on only that browser is answered.
 */
export class Ticket {
  readonly #cookieName: string;
  readonly #secret = randomBytes(32).toString("base64url");
  /** For acts: a page of another port on this machine sends the cookie too, but cannot read this. */
  readonly actKey = randomBytes(32).toString("base64url");
  #token: string | undefined = randomBytes(24).toString("base64url");

  /** Cookies are shared by all ports of a machine: the name keeps two running pages apart. */
  constructor(port: number) {
    this.#cookieName = `sessiondb_ui_${port}`;
  }

  /** undefined when it was used. */
  get token(): string | undefined {
    return this.#token;
  }

  /** @returns the cookie to set, where the token is right and was not used before */
  redeem(token: string): string | undefined {
    if (this.#token === undefined || !isSame(token, this.#token)) return undefined;
    this.#token = undefined;
    return `${this.#cookieName}=${this.#secret}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** @param header the Cookie header of a request */
  admits(header: string | undefined): boolean {
    const values = (header ?? "").split(";").map((part) => part.trim().split("="));
    return values.some(([name, value]) => name === this.#cookieName && isSame(value ?? "", this.#secret));
  }

  mayAct(key: string | undefined): boolean {
    return isSame(key ?? "", this.actKey);
  }
}

/** In the same time whatever differs. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
