import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type NextFunction, type Request, type Response } from "express";
import session, { type CookieOptions } from "express-session";
import type { SessionDbStore } from "../../src/express/session-store.js";

declare module "express-session" {
  interface SessionData {
    user_id?: string | undefined;
    views?: number;
    extra?: unknown;
  }
}

export interface AppOptions {
  readonly cookie?: CookieOptions;
  readonly rolling?: boolean;
  readonly unset?: "destroy" | "keep";
  /** Requests to /slow wait for it before they change the session. */
  readonly slow?: () => Promise<void>;
}

/** A small application: login, a page that counts, logout. */
export function expressApp(store: SessionDbStore, { slow, ...options }: AppOptions = {}) {
  const app = express();
  app.use(session({ store, secret: "keyboard cat", resave: false, saveUninitialized: false, ...options }));
  app.get("/login", (request, response, next) => {
    request.session.regenerate((error: unknown) => {
      if (error) return next(error);
      request.session.user_id = String(request.query.user);
      response.send(request.sessionID);
    });
  });
  app.get("/me", (request, response) => {
    response.json({ user: request.session.user_id ?? null, views: request.session.views ?? 0 });
  });
  app.get("/view", (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1;
    response.json(request.session.views);
  });
  app.get("/slow", async (request, response) => {
    await slow?.();
    request.session.views = 100;
    response.send("slow done");
  });
  app.get("/bad", (request, response) => {
    request.session.extra = request.query.large === undefined ? Number.NaN : "x".repeat(1_000_000);
    response.send("bad done");
  });
  app.get("/logout", (request, response, next) => {
    request.session.destroy((error: unknown) => (error ? next(error) : response.send("bye")));
  });
  app.get("/drop", (request, response) => {
    (request as { session: unknown }).session = null;
    response.send("dropped");
  });
  app.get("/reload", (request, response, next) => {
    request.session.reload((error: unknown) => (error ? next(error) : response.json(request.session.views ?? 0)));
  });
  app.use((error: { code?: string }, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    response.status(500).send(error.code);
  });
  return app;
}

export async function listening(app: { listen(port: number, host: string, done: () => void): Server }) {
  const server = await new Promise<Server>((resolve) => {
    const made: Server = app.listen(0, "127.0.0.1", () => resolve(made));
  });
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
