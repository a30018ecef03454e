import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { sessionStore } from "../../src/express/session-store.js";
import { openAdmin } from "../postgres/open-postgres.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { Browser } from "../web/browser.js";
import { expressApp, listening } from "../web/express-app.js";
import { FaultReport } from "./fault-report.js";
import { IS_LONG } from "./seed.js";

const LIMIT_MS = 1_200_000;
const VISITORS = 10;
const PHASE_MS = IS_LONG ? 5_000 : 1_000;
const MAX_CONNECTIONS = 20;
/** Reads are tried again for 5 s; on a connection that is silent, each statement waits for 30 s. A busy machine adds to both. */
const LIMITS = { refused: 15_000, silent: 90_000 };

/** What a client has been told. */
interface Visitor {
  readonly browser: Browser;
  views: number;
}

/** What requests have come to in one phase. */
interface Phase {
  readonly codes: Set<string>;
  answered: number;
  slowestMs: number;
  readonly lost: string[];
}

async function ask(visitor: Visitor, name: string, phase: Phase): Promise<void> {
  const begun = performance.now();
  const { status, text } = await visitor.browser.get("/view");
  phase.slowestMs = Math.max(phase.slowestMs, performance.now() - begun);
  if (status !== 200) {
    phase.codes.add(text);
    return;
  }
  phase.answered++;
  // What was not acknowledged may have been counted all the same; what was, has been.
  if (Number(text) <= visitor.views) phase.lost.push(`${name}: ${text} after ${visitor.views}`);
  visitor.views = Number(text);
}

async function visit(visitors: readonly Visitor[]): Promise<Phase> {
  const phase: Phase = { codes: new Set(), answered: 0, slowestMs: 0, lost: [] };
  const end = performance.now() + PHASE_MS;
  const visiting = visitors.map(async (visitor, i) => {
    do await ask(visitor, `visitor ${i}`, phase);
    while (performance.now() < end);
  });
  await Promise.all(visiting);
  return phase;
}

/** Takes every connection, also those that the application has had. @returns gives them back */
async function takeAll(server: PostgresServer): Promise<() => Promise<void>> {
  const admin = await openAdmin(server.url);
  const taken: pg.Client[] = [];
  while (taken.length < MAX_CONNECTIONS - 1) {
    const client = new pg.Client({ connectionString: server.url });
    client.on("error", () => undefined);
    const isIn = await client.connect().then(
      () => true,
      () => false,
    );
    if (isIn) taken.push(client);
    else {
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sessiondb'");
    }
  }
  return async () => {
    for (const client of [...taken, admin]) await client.end();
  };
}

/** Begins, and returns what ends it. */
type Trouble = readonly [name: string, codes: readonly string[], begin: () => Promise<() => Promise<void>>];

test("an express app whose Postgres is cut off, silent, stopped or full answers in time, and loses no session", {
  timeout: LIMIT_MS,
}, async () => {
  const server = await startPostgres({ conf: { max_connections: String(MAX_CONNECTIONS) } });
  onTestFinished(() => server.close());
  const proxy = await TcpProxy.start(server.url);
  const store = sessionStore({ url: proxy.url });
  const app = await listening(expressApp(store));
  const visitors = Array.from({ length: VISITORS }, (): Visitor => ({ browser: new Browser(app.url), views: 0 }));
  for (const [i, { browser }] of visitors.entries()) await browser.get(`/login?user=user-${i}`);
  const through = (action: "cut" | "stall") => async () => {
    proxy.decide = () => action;
    return async () => {
      proxy.decide = () => "pass";
    };
  };
  const stopped = async () => {
    await server.stop("immediate");
    return () => server.restart();
  };
  const troubles: Trouble[] = [
    ["cut off", ["SERVER_UNREACHABLE"], through("cut")],
    ["full", ["SERVER_FULL", "SERVER_UNREACHABLE"], () => takeAll(server)],
  ];
  if (IS_LONG) {
    troubles.push(["stopped", ["SERVER_UNREACHABLE", "SERVER_NOT_READY"], stopped]);
    troubles.push(["silent", ["SERVER_UNREACHABLE", "STATEMENT_TIMEOUT"], through("stall")]);
  }
  const report = new FaultReport("web sessions: Postgres cut off, stopped, full, silent");
  for (const [name, codes, begin] of troubles) {
    const end = await begin();
    const away = await visit(visitors);
    await end();
    const back = await visit(visitors);
    const wrong = [...away.codes].filter((code) => !codes.includes(code)).map((code) => `refused with ${code}`);
    if (away.codes.size === 0) wrong.push("nobody noticed it");
    if (back.answered < VISITORS) wrong.push(`only ${back.answered} answers afterwards, and ${[...back.codes]}`);
    const limit = name === "silent" ? LIMITS.silent : LIMITS.refused;
    if (away.slowestMs > limit) wrong.push(`somebody waited for ${Math.round(away.slowestMs)} ms`);
    report.add(name, {
      acknowledged: away.answered + back.answered,
      lost: [...away.lost, ...back.lost],
      doubled: [],
      wrong,
    });
  }
  for (const [i, { browser }] of visitors.entries()) {
    expect(await browser.json("/me")).toMatchObject({ user: `user-${i}` });
  }
  await app.close();
  await store.close();
  await proxy.close();
  report.close();
});
