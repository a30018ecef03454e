import { describe, expect, test } from "vitest";
import { runCli, spawnCli } from "../support/cli.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import type { Worker } from "../support/worker.js";
import { send } from "../ui/ui-fixture.js";

interface Started {
  readonly url: string;
  readonly offset: number;
  readonly allowWrite: boolean;
}

async function storeOf(): Promise<string> {
  const cwd = tempDir();
  await runCli(["session", "start", "auth", "--store", "sqlite:./s.db"], { cwd });
  await runCli(["session", "update", "auth", "--set", "branch=x", "--store", "sqlite:./s.db"], { cwd });
  return cwd;
}

async function start(cwd: string, ...args: readonly string[]): Promise<{ worker: Worker; started: Started }> {
  const worker = spawnCli(["ui", "--json", "--store", "sqlite:./s.db", ...args], { cwd });
  for await (const line of worker.lines) return { worker, started: JSON.parse(line) as Started };
  throw new Error(`it printed nothing: ${worker.stderr}`);
}

/** The cookie of the browser that opens the link, and an open live feed of it. */
async function lookAt({ url }: Started): Promise<{ port: number; cookie: string; feed: Promise<unknown> }> {
  const port = Number(new URL(url).port);
  const { headers } = await send(port, new URL(url).pathname + new URL(url).search);
  const cookie = String(headers["set-cookie"]).split(";")[0] as string;
  return { port, cookie, feed: send(port, "/api/live", { headers: { cookie } }).catch(() => undefined) };
}

describe("a page that is open", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends at once with %s and the exit code %i", async (signal, code) => {
    const { worker, started } = await start(await storeOf());
    const { port, cookie, feed } = await lookAt(started);
    await until("it answers", async () => (await send(port, "/api/hello", { headers: { cookie } })).status === 200);
    worker.signal(signal);
    expect((await worker.exit).code).toBe(code);
    await feed;
    await expect(send(port, "/")).rejects.toThrow();
  });

  test("keeps --until-idle from ending; without it the program ends with 0", async () => {
    const { worker, started } = await start(await storeOf(), "--until-idle", "1s");
    const { port, cookie } = await lookAt(started);
    const began = performance.now();
    await until("a while has passed", () => performance.now() - began > 2_000);
    expect((await send(port, "/api/hello", { headers: { cookie } })).status).toBe(200);
    worker.kill9();
    const idle = await runCli(["ui", "--until-idle", "100ms", "--store", "sqlite:./s.db"], { cwd: await storeOf() });
    expect(idle).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+\n$/),
    });
  });
});

test("it begins --at a point, says who may write, and a second browser is not let in", async () => {
  const { worker, started } = await start(await storeOf(), "--at", "HEAD~1", "--allow-write", "--actor", "user:bo");
  expect(started).toMatchObject({ offset: 2, allowWrite: true });
  const { port, cookie } = await lookAt(started);
  const { text } = await send(port, "/api/hello", { headers: { cookie } });
  expect(JSON.parse(text)).toMatchObject({ at: 1, allowWrite: true, actor: "user:bo" });
  expect((await send(port, new URL(started.url).pathname + new URL(started.url).search)).status).toBe(401);
  worker.signal("SIGINT");
  await worker.exit;
});

test("a store that is not there, a point outside and a bad port are errors before anything is opened", async () => {
  const cwd = await storeOf();
  const failing = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(["ui", "--json", "--until-idle", "1s", ...args], { cwd });
    return [code, stdout, JSON.parse(stderr).error.code];
  };
  expect(await failing("--store", "sqlite:./none.db")).toEqual([3, "", "LOG_NOT_FOUND"]);
  expect(await failing("--store", "sqlite:./s.db", "--at", "99")).toEqual([3, "", "POINT_OUTSIDE"]);
  expect(await failing("--store", "sqlite:./s.db", "--port", "99999")).toEqual([2, "", "PORT_INVALID"]);
  expect(await failing("--store", "sqlite:./s.db", "--port", "x")).toEqual([2, "", "ARGUMENT_INVALID"]);
});

test("signatures are shown with --signed and --key, of which none is enough alone, and a key that is none is refused", async () => {
  const cwd = await storeOf();
  const store = ["--store", "sqlite:./s.db"];
  await runCli(["key", "create", "k"], { cwd });
  await runCli(["sign", "--key", "k", "--append", "tails.jsonl", ...store], { cwd });
  for (const args of [
    ["--signed", "tails.jsonl"],
    ["--key", "k.pub"],
  ]) {
    const { code, stderr } = await runCli(["ui", "--until-idle", "1s", ...args, ...store], { cwd });
    expect([args, code, stderr.includes("ARGUMENT_INVALID")]).toEqual([args, 2, true]);
  }
  const missing = await runCli(["ui", "--until-idle", "1s", "--signed", "x", "--key", "nothing", ...store], { cwd });
  expect([missing.code === 0, missing.stdout]).toEqual([false, ""]);
  const { worker, started } = await start(cwd, "--signed", "tails.jsonl", "--key", "k.pub");
  const { port, cookie } = await lookAt(started);
  const { text } = await send(port, "/api/integrity", { headers: { cookie } });
  expect(JSON.parse(text)).toMatchObject({ signed: { error: null, found: { fits: true, last: { offset: 2 } } } });
  const sizes = await send(port, "/api/store-sizes", { headers: { cookie } });
  expect(JSON.parse(sizes.text).sizes.bytes).toBeGreaterThan(0);
  worker.kill9();
});
