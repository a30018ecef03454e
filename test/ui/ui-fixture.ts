import { request } from "node:http";
import { join } from "node:path";
import { inject } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { UiServer, type UiServerOptions } from "../../src/ui-server/ui-server.js";
import { cleanUp } from "../support/clean-up.js";

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** As a browser's, or whoever's, request: every header can be set, also those that a browser never lets a page set. */
export function send(
  port: number,
  path: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.once("error", reject);
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

export interface OpenUi {
  readonly ui: UiServer;
  readonly log: EventLog;
  readonly store: SessionStore;
  /** Of the browser that has opened the link. */
  readonly cookie: string;
  /** @throws Error where the answer is no 200 */
  get<T>(path: string): Promise<T>;
  failure(path: string): Promise<{ readonly status: number; readonly code: string }>;
}

/** A page over a log, opened by one browser; closed after the test. */
export async function openUi(log: EventLog = new MemoryLog(), options: Partial<UiServerOptions> = {}): Promise<OpenUi> {
  const ui = await UiServer.start({ log, pageFolder: pageFolder(), version: "0.0.0", ...options });
  cleanUp(() => ui.close());
  const { headers } = await send(ui.port, new URL(ui.link).pathname + new URL(ui.link).search);
  const cookie = String(headers["set-cookie"]).split(";")[0] as string;
  const ask = (path: string) => send(ui.port, path, { headers: { cookie } });
  return {
    ui,
    log,
    cookie,
    store: options.writer ?? new SessionStore(log, { actor: "user:ada" }),
    get: async <T>(path: string) => {
      const { status, text } = await ask(path);
      if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
      return JSON.parse(text) as T;
    },
    failure: async (path) => {
      const { status, text } = await ask(path);
      return { status, code: (JSON.parse(text) as { error: { code: string } }).error.code };
    },
  };
}

export function pageFolder(): string {
  return join(inject("bundleFolder"), "dist/ui");
}
