/** `npm run screenshots`: the pictures of docs/ui.md and the README, from a store that is always the same. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./browser.js";
import { writeSampleStore } from "./sample-store.js";

// Bundled into .tmp/screenshots, two folders below the project.
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PICTURES = join(ROOT, "docs/ui");
const WIDE = { width: 1320, height: 820 };
const PHONE = { width: 390, height: 760 };

interface Shot {
  readonly name: string;
  readonly at: string;
  readonly dark?: boolean;
  readonly phone?: boolean;
  readonly act?: (page: Page) => Promise<unknown>;
}

const SHOTS: readonly Shot[] = [
  { name: "state", at: "?session=auth-refactor&at=142" },
  { name: "diff-dark", at: "?session=auth-refactor&at=208&base=120&pane=diff&by=actor", dark: true },
  {
    name: "watch-dark",
    at: "?session=auth-refactor&path=%2FcommitCount&pane=watch&at=160",
    dark: true,
  },
  { name: "event", at: "?at=208&pane=event&strip=growth" },
  { name: "collab", at: "?at=228&pane=collab&collab=login&part=tasks&strip=lanes" },
  { name: "phone", at: "?at=142&session=auth-refactor", phone: true },
];

async function main(): Promise<void> {
  // Its name is in the pictures: always the same, so that they only change with the page.
  const folder = join(tmpdir(), "sessiondb-demo");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  mkdirSync(PICTURES, { recursive: true });
  let server: ChildProcess | undefined;
  let browser: Browser | undefined;
  try {
    await writeSampleStore(join(folder, "sessions.db"));
    server = spawn(process.execPath, [join(ROOT, "dist/cli/sessiondb.js"), "ui", "--store", "sqlite:sessions.db"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    browser = await openBrowser();
    await shootAll(browser, String(printed).trim());
  } finally {
    await browser?.close();
    server?.kill("SIGINT");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function shootAll(browser: Browser, link: string): Promise<void> {
  const context = await browser.newContext({ timezoneId: "UTC", locale: "en" });
  const page = await context.newPage();
  await page.goto(link);
  const only = process.argv[2];
  for (const shot of SHOTS.filter(({ name }) => only === undefined || name.includes(only))) {
    await page.setViewportSize(shot.phone === true ? PHONE : WIDE);
    await page.emulateMedia({ colorScheme: shot.dark === true ? "dark" : "light", reducedMotion: "reduce" });
    await page.goto(new URL(shot.at, link).href);
    await page.locator(".event.chosen, .tree, .changes").first().waitFor({ state: "attached" });
    await shot.act?.(page);
    await page.waitForLoadState("load");
    await page.waitForTimeout(900);
    await page.screenshot({ path: join(PICTURES, `${shot.name}.png`) });
    console.log(`docs/ui/${shot.name}.png`);
  }
}

await main();
