import { type Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { NotFoundError } from "../errors.js";
import type { ErrorAnswer, HelloAnswer } from "./answers.js";
import { collabRoutes } from "./collab-routes.js";
import { errorAnswer } from "./error-answer.js";
import { eventRoutes } from "./event-routes.js";
import { type IntegrityOptions, integrityRoutes } from "./integrity-routes.js";
import { liveFeed } from "./live-feed.js";
import { lockedPage } from "./locked-page.js";
import type { LookedAtStore } from "./looked-at-store.js";
import type { PageFile } from "./page-files.js";
import { PAGE_HEADERS } from "./page-headers.js";
import { offset, parameters } from "./parameters.js";
import { pictureRoutes } from "./picture-routes.js";
import { revertRoutes } from "./revert-routes.js";
import { foreignRequest } from "./same-site.js";
import { sessionRoutes } from "./session-routes.js";
import type { Ticket } from "./ticket.js";
import { timelineRoutes } from "./timeline-routes.js";

export interface UiAppOptions {
  readonly port: number;
  readonly ticket: Ticket;
  readonly store: LookedAtStore;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly version: string;
  readonly integrity: IntegrityOptions;
  /** Where the page begins; undefined: at the end. */
  readonly at: number | undefined;
  /** Ends all live feeds. */
  readonly signal: AbortSignal;
  /** A request, or a live feed, began or ended: feeds that are open now. */
  readonly onUse: (feeds: number) => void;
}

/** Questions that are answered from single streams, and wait for pictures where the log is slow to find these. */
const OF_STREAMS: ReadonlySet<string> = new Set(
  ["step", "state", "states", "diff", "blame", "history", "bisect", "marks", "point", "collab", "collabs"].map(
    (name) => `/api/${name}`,
  ),
);

/** The server of the page, without its socket. */
export function uiApp(options: UiAppOptions): Hono {
  const { store, files, port, ticket } = options;
  const app = new Hono();
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
    const [host, origin] = [c.req.header("host"), c.req.header("origin")];
    const site = c.req.header("sec-fetch-site");
    const foreign = foreignRequest({ method: c.req.method, host, origin, site }, port);
    if (foreign !== undefined) return refused(c, 403, foreign);
    return (await admitted(c, ticket)) ?? next();
  });
  app.use(async (c, next) => {
    if (OF_STREAMS.has(c.req.path)) await store.streams();
    return next();
  });
  app.onError((error, c) => {
    const { status, answer } = errorAnswer(error, store.log.url);
    return c.json(answer, status);
  });
  app.get("/", (c) => fileAnswer(c, files.get("index.html")));
  app.get("/assets/:name", (c) => {
    c.header("cache-control", "private, max-age=31536000, immutable"); // a hash of its content stands in its name
    return fileAnswer(c, files.get(c.req.param("name")));
  });
  app.get("/api/hello", async (c) => {
    parameters(c.req.url, {});
    return c.json(await hello(options));
  });
  timelineRoutes(app, store);
  pictureRoutes(app, store);
  sessionRoutes(app, store);
  collabRoutes(app, store);
  eventRoutes(app, store);
  integrityRoutes(app, store, options.integrity);
  revertRoutes(app, store, ticket);
  liveRoute(app, options);
  app.notFound((c) => notThere(c, allowedMethods(app, c.req.path)));
  return app;
}

/** @returns undefined for whoever has the cookie; whoever brings the token gets it, and the same address without the token */
async function admitted(c: Context, ticket: Ticket): Promise<Response | undefined> {
  const url = new URL(c.req.url);
  const token = url.pathname === "/" && c.req.method === "GET" ? url.searchParams.get("token") : null;
  const isKnown = ticket.admits(c.req.header("cookie"));
  if (token === null) return isKnown ? undefined : refused(c, 401, "this browser has no ticket for this page");
  const cookie = isKnown ? undefined : ticket.redeem(token);
  if (!isKnown && cookie === undefined) return refused(c, 401, "this link was used before: it works once");
  if (cookie !== undefined) c.header("set-cookie", cookie);
  url.searchParams.delete("token");
  return c.redirect(`/${url.search}`, 303);
}

function refused(c: Context, status: 401 | 403, message: string): Response {
  const hint = "run sessiondb ui again and open the link that it prints";
  if (!c.req.path.startsWith("/api/")) return c.html(lockedPage(message, hint), status);
  return c.json({ error: { code: "UI_LOCKED", message, hint } }, status);
}

/** Those that have a route of their own there; what all requests pass through is none. */
function allowedMethods(app: Hono, path: string): string[] {
  return ["GET", "POST"].filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
}

function notThere(c: Context, allowed: readonly string[]): Response {
  if (allowed.length === 0) return c.json(errorOf("UI_ADDRESS_UNKNOWN", "there is nothing here", "open /"), 404);
  c.header("allow", allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", "));
  const message = `${c.req.method} is not answered here`;
  return c.json(errorOf("UI_METHOD_UNKNOWN", message, `ask with ${allowed.join(" or ")}`), 405);
}

function errorOf(code: string, message: string, hint: string): ErrorAnswer {
  return { error: { code, message, hint } };
}

function fileAnswer(c: Context, file: PageFile | undefined): Response {
  if (file === undefined) throw new NotFoundError("UI_ADDRESS_UNKNOWN", "there is nothing here", { hint: "open /" });
  return c.body(file.body, 200, { "content-type": file.type });
}

async function hello({ store, version, at, ticket }: UiAppOptions): Promise<HelloAnswer> {
  const { writer, log } = store;
  const allowWrite = writer !== undefined;
  const [actor, actKey] = [writer?.actor ?? null, allowWrite ? ticket.actKey : null];
  const status = await store.status();
  return { schema: "ui-hello/1", store: log.url, version, at: at ?? null, allowWrite, actor, actKey, ...status };
}

function liveRoute(app: Hono, { store, signal, onUse }: UiAppOptions): void {
  let feeds = 0;
  app.get("/api/live", (c) => {
    const { after } = parameters(c.req.url, { after: offset.optional() });
    const known = c.req.header("last-event-id");
    const start = known !== undefined && /^\d{1,15}$/.test(known) ? Number(known) : after;
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      onUse(++feeds);
      try {
        for await (const message of liveFeed(store, start, AbortSignal.any([signal, gone.signal]))) {
          await stream.writeSSE(message);
        }
      } finally {
        onUse(--feeds);
      }
    });
  });
}
