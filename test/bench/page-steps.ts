import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventLog } from "../../src/log/event-log.js";
import { UiServer } from "../../src/ui-server/ui-server.js";

const STEPS = 25;
const STREAMS = 10_000;

/**
 * The slowest answers to steps of the page, over HTTP, at offsets that are spread over the log in no order: each step asks
 * what the page asks when the slider moves. What is read up once, when the page opens, is not a step.
 *
 * @returns ms
 */
export async function worstPageStep(log: EventLog, end: number): Promise<number> {
  const pageFolder = mkdtempSync(join(tmpdir(), "sessiondb-page-"));
  writeFileSync(join(pageFolder, "index.html"), "<!doctype html>");
  const ui = await UiServer.start({ log, pageFolder, version: "0" });
  try {
    const cookie = await cookieOf(ui);
    const get = (path: string) => answer(ui.port, path, cookie);
    while (JSON.parse(await get("/api/hello")).indexed < end) await new Promise((resolve) => setTimeout(resolve, 50));
    await get(`/api/states?at=${end}`);
    await get(`/api/state?at=${end}&session=task%231`);
    let slowest = 0;
    for (let i = 0; i < STEPS; i++) {
      const at = STREAMS + 1 + (((i * 7_919 + 13) * 1_009) % (end - STREAMS));
      const session = encodeURIComponent(`task#${at % STREAMS}`);
      const asked = [
        `/api/state?at=${at}&session=${session}`,
        `/api/states?at=${at}`,
        `/api/step?at=${at}`,
        `/api/blame?at=${at}&session=${session}`,
        `/api/events?around=${at}`,
        `/api/density?from=1&to=${end}&type=session.*`,
        `/api/lanes?from=1&to=${end}`,
        `/api/sessions?at=${at}`,
      ];
      for (const path of asked) {
        const began = performance.now();
        await get(path);
        const took = performance.now() - began;
        if (took > slowest && process.env.SESSIONDB_BENCH_TOLD === "1") console.error(took.toFixed(0), path);
        slowest = Math.max(slowest, took);
      }
    }
    return slowest;
  } finally {
    await ui.close();
    rmSync(pageFolder, { recursive: true });
  }
}

async function cookieOf(ui: UiServer): Promise<string> {
  const { headers } = await fetch(ui.link, { redirect: "manual" });
  return (headers.get("set-cookie") ?? "").split(";")[0] as string;
}

/** @throws Error where the answer is no 200 */
function answer(port: number, path: string, cookie: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, headers: { cookie } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("end", () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${response.statusCode} ${text}`));
      });
    });
    asked.once("error", reject);
    asked.end();
  });
}
