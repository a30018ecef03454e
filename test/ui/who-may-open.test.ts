import { describe, expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { UiServer } from "../../src/ui-server/ui-server.js";
import { openUi, pageFolder, send } from "./ui-fixture.js";

const PLACES = ["/", "/assets/icon.svg", "/api/hello", "/api/live", "/api/state?session=a", "/nothing"];

test("the link gives one browser a cookie, once, and takes the token out of the address", async () => {
  const ui = await UiServer.start({ log: new MemoryLog(), pageFolder: pageFolder(), version: "0" });
  try {
    const { search } = new URL(ui.link);
    const first = await send(ui.port, `/${search}&at=3`);
    expect([first.status, first.headers.location]).toEqual([303, "/?at=3"]);
    expect(String(first.headers["set-cookie"])).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    const second = await send(ui.port, `/${search}`);
    expect([second.status, second.headers["set-cookie"]]).toEqual([401, undefined]);
    const cookie = String(first.headers["set-cookie"]).split(";")[0] as string;
    expect((await send(ui.port, "/", { headers: { cookie } })).text).toContain("<!doctype html>");
  } finally {
    await ui.close();
  }
});

test.each(PLACES)(
  "%s answers nobody without the cookie, with a wrong one, or with one of another page",
  async (path) => {
    const { ui } = await openUi();
    const other = await openUi();
    const wrong = `sessiondb_ui_${ui.port}=${"x".repeat(43)}`;
    for (const cookie of ["", wrong, other.cookie, `sessiondb_ui_${ui.port}=`, "=;=;;", `a${"b=c;".repeat(1_000)}`]) {
      const { status, text } = await send(ui.port, path, { headers: cookie === "" ? {} : { cookie } });
      expect([cookie.slice(0, 40), status]).toEqual([cookie.slice(0, 40), 401]);
      expect(text).not.toContain("memory:");
    }
  },
);

describe("with the right cookie, nothing is answered", () => {
  test.each([
    ["another host name (DNS rebinding)", { host: "evil.example" }],
    ["another host name with our port", { host: "evil.example:PORT" }],
    ["our name with another port", { host: "127.0.0.1:1" }],
    ["our name without a port", { host: "localhost" }],
    ["our name with something behind it", { host: "127.0.0.1:PORT.evil.example" }],
    ["another address of this machine", { host: "0.0.0.0:PORT" }],
    ["another page's origin", { origin: "http://evil.example" }],
    ["another port's origin", { origin: "http://127.0.0.1:1" }],
    ["the origin of a sandboxed page or a file", { origin: "null" }],
    ["https in the place of http", { origin: "https://127.0.0.1:PORT" }],
    ["a request that another site caused", { "sec-fetch-site": "cross-site" }],
    ["a request that another port of this machine caused", { "sec-fetch-site": "same-site" }],
  ])("%s", async (_name, headers) => {
    const { ui, cookie } = await openUi();
    const own = Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", String(ui.port))]);
    for (const path of PLACES) {
      const { status } = await send(ui.port, path, { headers: { cookie, ...Object.fromEntries(own) } });
      // 400 where Node itself does not take the header.
      expect([path, status]).toEqual([path, status === 400 ? 400 : 403]);
    }
  });
});

test("our own origin, and both of our names, are answered", async () => {
  const { ui, cookie } = await openUi();
  for (const host of [`127.0.0.1:${ui.port}`, `localhost:${ui.port}`]) {
    const headers = { cookie, host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    expect((await send(ui.port, "/api/hello", { headers })).status).toBe(200);
  }
});

test("every answer forbids inline code, foreign frames and requests to anywhere else", async () => {
  const { ui, cookie } = await openUi();
  for (const path of PLACES.filter((one) => one !== "/api/live")) {
    const { headers } = await send(ui.port, path, { headers: { cookie } });
    const policy = String(headers["content-security-policy"]);
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
      expect([path, policy]).toEqual([path, expect.stringContaining(rule)]);
    }
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  }
});

test("the page itself names no address outside and has no code of its own in it", async () => {
  const { ui, cookie } = await openUi();
  const { text } = await send(ui.port, "/", { headers: { cookie } });
  expect(text).not.toMatch(/https?:|<script>|style=|onload/);
  for (const [, name] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    expect((await send(ui.port, name as string, { headers: { cookie } })).status).toBe(200);
  }
});

test.each(["/assets/../index.html", "/assets/..%2f..%2fpackage.json", "/assets/%2e%2e/x", "/assets/", "/api/x", "/x"])(
  "%s is nothing, and no path reaches the disk",
  async (path) => {
    const { ui, cookie } = await openUi();
    expect((await send(ui.port, path, { headers: { cookie } })).status).toBe(404);
  },
);

describe("acts", () => {
  const act = { session: "a", target: { event: 1 } };
  const post = (port: number, cookie: string, headers: Record<string, string>, body: unknown = act) =>
    send(port, "/api/revert/preview", {
      method: "POST",
      headers: { cookie, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  test("are refused where the page may only read, whatever is sent", async () => {
    const { ui, cookie, store } = await openUi();
    await store.create({ session: "a" });
    const { actKey } = JSON.parse((await send(ui.port, "/api/hello", { headers: { cookie } })).text);
    expect(actKey).toBeNull();
    const { status, text } = await post(ui.port, cookie, {
      origin: `http://127.0.0.1:${ui.port}`,
      "x-sessiondb-key": "null",
    });
    expect([status, JSON.parse(text).error.code]).toEqual([403, "UI_WRITE_REFUSED"]);
  });

  test("need our origin and the key that only our page can read", async () => {
    const log = new MemoryLog();
    const writer = new SessionStore(log, { actor: "user:ada" });
    const { ui, cookie, get } = await openUi(log, { writer });
    await writer.create({ session: "a" });
    const { actKey } = await get<{ actKey: string }>("/api/hello");
    const origin = `http://127.0.0.1:${ui.port}`;
    expect((await post(ui.port, cookie, { "x-sessiondb-key": actKey })).status).toBe(403);
    expect((await post(ui.port, cookie, { origin })).status).toBe(403);
    expect((await post(ui.port, cookie, { origin, "x-sessiondb-key": `${actKey}x` })).status).toBe(403);
    expect((await post(ui.port, cookie, { origin, "x-sessiondb-key": actKey })).status).toBe(200);
    expect((await post(ui.port, cookie, { origin, "x-sessiondb-key": actKey }, { ...act, more: 1 })).status).toBe(400);
  });

  test("that are longer than any can be are refused before they are read, with and without a length", async () => {
    const log = new MemoryLog();
    const { ui, cookie, get } = await openUi(log, { writer: new SessionStore(log, { actor: "user:ada" }) });
    const { actKey } = await get<{ actKey: string }>("/api/hello");
    const headers = { origin: `http://127.0.0.1:${ui.port}`, "x-sessiondb-key": actKey };
    const long = { ...act, session: "x".repeat(100_000) };
    for (const sent of [headers, { ...headers, "transfer-encoding": "chunked" }]) {
      const { status, text } = await post(ui.port, cookie, sent, long);
      expect([status, JSON.parse(text).error.code]).toEqual([413, "ARGUMENT_INVALID"]);
    }
    expect((await get<{ allowWrite: boolean }>("/api/hello")).allowWrite).toBe(true);
  });
});

test("a port that is taken is told, and so is a page that was not built", async () => {
  const { ui } = await openUi();
  const options = { log: new MemoryLog(), pageFolder: pageFolder(), version: "0" };
  await expect(UiServer.start({ ...options, port: ui.port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
  await expect(UiServer.start({ ...options, port: 70_000 })).rejects.toMatchObject({ code: "PORT_INVALID" });
  await expect(UiServer.start({ ...options, pageFolder: "/nonexistent" })).rejects.toMatchObject({
    code: "UI_NOT_BUILT",
  });
});
