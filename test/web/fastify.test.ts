import { join } from "node:path";
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { sessionStore } from "../../src/express/session-store.js";
import { BACKENDS } from "../read-model/backends.js";
import { tempDir } from "../support/temp.js";
import { Browser } from "./browser.js";
import { TestClock } from "./web-stores.js";

async function served(url: string, clock = new TestClock(new Date().toISOString())) {
  const store = sessionStore({ url, now: clock.now });
  const app = fastify();
  await app.register(fastifyCookie);
  await app.register(fastifySession, {
    secret: "a secret with minimum length of 32 characters",
    store: store as unknown as fastifySession.SessionStore,
    cookie: { secure: false, maxAge: 600_000 },
    saveUninitialized: false,
  });
  type WithSession = { session: { get(name: string): unknown; set(name: string, value: unknown): void } };
  app.get("/me", async (request) => ({ user: (request as unknown as WithSession).session.get("user_id") ?? null }));
  app.get("/login/:user", async (request) => {
    await request.session.regenerate();
    (request as unknown as WithSession).session.set("user_id", (request.params as { user: string }).user);
    return "ok";
  });
  app.get("/logout", async (request) => {
    await request.session.destroy();
    return "bye";
  });
  app.get("/bad", async (request) => {
    (request as unknown as WithSession).session.set("n", new Map());
    return "bad";
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
    await store.close();
  });
  const { port } = app.server.address() as { port: number };
  return { store, clock, browser: () => new Browser(`http://127.0.0.1:${port}`) };
}

describe.each(BACKENDS)("a Fastify app on %s", (_name, freshUrl) => {
  test("signs in, reads, signs out everywhere", async () => {
    const { store, browser } = await served(await freshUrl());
    const [home, work] = [browser(), browser()];
    for (const one of [home, work]) {
      expect(await one.json("/me")).toEqual({ user: null });
      await one.get("/login/ada");
      expect(await one.json("/me")).toEqual({ user: "ada" });
    }
    expect(await store.countSessionsForUser("ada")).toBe(2);
    await home.get("/logout");
    expect(await home.json("/me")).toEqual({ user: null });
    expect(await work.json("/me")).toEqual({ user: "ada" });
    expect(await store.clearSessionsForUser("ada")).toBe(1);
    expect(await work.json("/me")).toEqual({ user: null });
  });
});

test("an expired session is gone, and bad data is an error of the request", async () => {
  const { browser, clock } = await served(`sqlite:${join(tempDir(), "s.db")}`);
  const visitor = browser();
  await visitor.get("/login/ada");
  expect((await visitor.get("/bad")).status).toBe(500);
  expect(await visitor.json("/me")).toEqual({ user: "ada" });
  clock.pass(601);
  expect(await visitor.json("/me")).toEqual({ user: null });
});
