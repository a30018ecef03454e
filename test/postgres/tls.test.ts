import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { withParameters } from "../../src/session/postgres-parameters.js";
import { cleanUp } from "../support/clean-up.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { serverUser } from "../support/postgres-binaries.js";
import { openAdmin } from "./open-postgres.js";

const ACTOR = { actor: "user:test" };
const EVENT = { stream: "session-a", events: [{ type: "test.happened", data: {} }] };
const START_MS = 120_000;

let folder = "";
const servers: Record<string, PostgresServer> = {};

beforeAll(async () => {
  folder = mkdtempSync("/tmp/sessiondb-tls-");
  chmodSync(folder, 0o755);
  authority("ca");
  authority("other-ca");
  certificate("right", "IP:127.0.0.1", 30);
  certificate("other-host", "DNS:db.example.org", 30);
  certificate("expired", "IP:127.0.0.1", -1);
  const started = ["right", "other-host", "expired"].map(async (name) => {
    const conf = { ssl: "on", ssl_cert_file: at(`${name}.crt`), ssl_key_file: at(`${name}.key`) };
    servers[name] = await startPostgres({ conf });
  });
  servers.plain = await startPostgres({});
  await Promise.all(started);
}, START_MS);

afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
}, START_MS);

function at(name: string): string {
  return join(folder, name);
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe", cwd: folder });
}

function authority(name: string): void {
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "30",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
  );
}

/** A negative number of days: it ran out so long ago. */
function certificate(name: string, host: string, days: number): void {
  openssl(
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.csr`,
  );
  writeFileSync(at(`${name}.ext`), `subjectAltName=${host}\n`);
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}.csr`,
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-days",
    String(days),
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.crt`,
  );
  const user = serverUser();
  chmodSync(at(`${name}.key`), 0o600); // the server takes no other
  if (user !== undefined) chownSync(at(`${name}.key`), user.uid, user.gid);
}

function urlOf(server: string): string {
  return servers[server]?.url as string;
}

async function codeOf(url: string): Promise<string> {
  try {
    const log = await PostgresLog.open(url, { retryLimitMs: 100 });
    await log.close();
    return "opened";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const CA = () => ({ ca: at("ca.crt") });

test("with the right authority everything is encrypted, also the connection that listens", async () => {
  const url = withParameters(urlOf("right"), { ssl: { mode: "verify-full", ...CA() } });
  const log = await PostgresLog.open(url, { pollMs: 50 });
  const stop = log.onAppended(() => undefined);
  expect((await log.append(EVENT, ACTOR)).lastOffset).toBe(1);
  const admin = await openAdmin(urlOf("right"));
  const { rows } = await admin.query(
    "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'sessiondb'",
  );
  expect(rows).toEqual([{ ssl: true }]);
  stop();
  await log.close();
});

describe("TLS_FAILED, and never clear text:", () => {
  test.each<[string, string, () => string]>([
    ["another authority", "right", () => `sslmode=verify-full&sslrootcert=${at("other-ca.crt")}`],
    ["an authority that nobody named", "right", () => "sslmode=verify-full"],
    ["another host", "other-host", () => `sslmode=verify-full&sslrootcert=${at("ca.crt")}`],
    ["a certificate that has run out", "expired", () => `sslmode=verify-full&sslrootcert=${at("ca.crt")}`],
    [
      "a certificate that has run out, of any host",
      "expired",
      () => `sslmode=verify-ca&uselibpqcompat=true&sslrootcert=${at("ca.crt")}`,
    ],
    ["a server without encryption", "plain", () => `sslmode=verify-full&sslrootcert=${at("ca.crt")}`],
    ["encryption to whomever, and there is none", "plain", () => "sslmode=require&uselibpqcompat=true"],
    ["prefer", "plain", () => "sslmode=prefer"],
    ["prefer, as libpq has it", "plain", () => "sslmode=prefer&uselibpqcompat=true"],
    ["allow", "plain", () => "sslmode=allow"],
    ["a mode that is none", "plain", () => "sslmode=verify_full"],
    ["ssl=true", "plain", () => "ssl=true"],
    ["only an authority", "plain", () => `sslrootcert=${at("ca.crt")}`],
  ])("%s", async (_what, server, query) => {
    expect(await codeOf(`${urlOf(server)}?${query()}`)).toBe("TLS_FAILED");
  });
});

test("what asks for less than the host gets what it asks for", async () => {
  expect(await codeOf(withParameters(urlOf("other-host"), { ssl: { mode: "verify-ca", ...CA() } }))).toBe("opened");
  expect(await codeOf(withParameters(urlOf("expired"), { ssl: { mode: "require" } }))).toBe("opened");
  expect(await codeOf(withParameters(urlOf("plain"), { ssl: { mode: "disable" } }))).toBe("opened");
});

test("require means verify-full, and nothing is printed of what it may come to mean", async () => {
  const warnings: string[] = [];
  const heard = ({ message }: Error) => warnings.push(message);
  process.on("warning", heard);
  cleanUp(() => void process.off("warning", heard));
  expect(await codeOf(`${urlOf("right")}?sslmode=require&sslrootcert=${at("ca.crt")}`)).toBe("opened");
  expect(await codeOf(`${urlOf("other-host")}?sslmode=require&sslrootcert=${at("ca.crt")}`)).toBe("TLS_FAILED");
  expect(await codeOf(`${urlOf("other-host")}?sslmode=no-verify`)).toBe("opened");
  expect(warnings).toEqual([]);
});

test("a CA file that is missing or is none is told before anything is sent", async () => {
  const missing = () => withParameters(urlOf("right"), { ssl: { mode: "verify-full", ca: at("none") } });
  expect(missing).toThrow(expect.objectContaining({ code: "STORAGE_CONFIG_INVALID" }));
  writeFileSync(at("text"), "no certificate");
  expect(await codeOf(`${urlOf("right")}?sslmode=verify-full&sslrootcert=${at("text")}`)).toBe("TLS_FAILED");
  expect(await codeOf(`${urlOf("right")}?sslmode=verify-full&sslrootcert=${at("none")}`)).not.toBe("opened");
});
