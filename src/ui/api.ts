import type { ErrorAnswer } from "../ui-server/answers.js";

/** What the server said instead of an answer, or what was wrong before it could. */
export class Failure extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly status: number;

  constructor(status: number, { code, message, hint }: ErrorAnswer["error"]) {
    super(message);
    [this.status, this.code, this.hint] = [status, code, hint];
  }
}

type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** @param more an already written query, for conditions that come several times */
export function address(path: string, parameters: Parameters = {}, more = ""): string {
  const said = new URLSearchParams(more);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") said.set(name, String(value));
  }
  const query = said.toString();
  return query === "" ? `/api/${path}` : `/api/${path}?${query}`;
}

/** @throws Failure */
export async function ask<T>(url: string, body?: { readonly key: string | null; readonly act: unknown }): Promise<T> {
  const init: RequestInit =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json", "x-sessiondb-key": body.key ?? "" },
          body: JSON.stringify(body.act),
        };
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    const message = "the server of this page does not answer";
    throw new Failure(0, { code: "SERVER_GONE", message, hint: "start it again: sessiondb ui" });
  }
  const answer = (await response.json().catch(() => ({}))) as T & Partial<ErrorAnswer>;
  if (response.ok) return answer;
  const unknown = { code: "UNEXPECTED", message: `the server answered ${response.status}` };
  throw new Failure(response.status, answer.error ?? unknown);
}
