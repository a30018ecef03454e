/** `npm run screenshots`: the pictures of docs/ui.md and the README, from a store that is always the same. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./browser.js";
import { writeSampleStore } from "./sample-store.js";
import { writeSampleTeam } from "./sample-team.js";

// Bundled into .tmp/screenshots, two folders below the project.
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PICTURES = join(ROOT, "docs/ui");
const WIDE = { width: 1320, height: 820 };
const TALL = { width: 1320, height: 1180 };
const PHONE = { width: 390, height: 760 };

interface Shot {
  readonly name: string;
  readonly at: string;
  readonly dark?: boolean;
  readonly phone?: boolean;
  readonly tall?: boolean;
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
  { name: "heat", at: "?at=142&session=auth-refactor&path=%2FcommitCount&pane=watch&strip=heat" },
  { name: "matrix-dark", at: "?at=142&session=auth-refactor&pane=blame&strip=matrix", dark: true },
  { name: "phone", at: "?at=142&session=auth-refactor", phone: true },
];

/** Of the store of a team. */
const TEAM_SHOTS: readonly Shot[] = [
  { name: "collab", at: "?at=24&pane=collab&part=tasks", tall: true },
  { name: "collab-search", at: "?at=20&pane=collab&collab=&find=pool*" },
  { name: "integrity", at: "?pane=integrity", tall: true, act: withoutTheTimeOfNow },
];

/** When the chain was looked at is another time in each picture. */
function withoutTheTimeOfNow(page: Page): Promise<unknown> {
  return page.evaluate("document.querySelector('.integrity .acts .faint').style.visibility = 'hidden'");
}

async function main(): Promise<void> {
  // Its name is in the pictures: always the same, so that they only change with the page.
  const folder = join(tmpdir(), "sessiondb-demo");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  mkdirSync(PICTURES, { recursive: true });
  const browser = await openBrowser();
  try {
    await writeSampleStore(join(folder, "sessions.db"));
    await shootStore(browser, folder, "sessions.db", SHOTS);
    await writeSampleTeam(join(folder, "team.db"));
    await shootStore(browser, folder, "team.db", TEAM_SHOTS);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function shootStore(browser: Browser, folder: string, name: string, shots: readonly Shot[]): Promise<void> {
  const words = [join(ROOT, "dist/cli/sessiondb.js"), "ui", "--store", `sqlite:${name}`];
  const server = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [printed] = (await once(server.stdout, "data")) as [Buffer];
    await shootAll(browser, String(printed).trim(), shots);
  } finally {
    server.kill("SIGINT");
  }
}

async function shootAll(browser: Browser, link: string, shots: readonly Shot[]): Promise<void> {
  const context = await browser.newContext({ timezoneId: "UTC", locale: "en" });
  const page = await context.newPage();
  await page.goto(link);
  const only = process.argv[2];
  for (const shot of shots.filter(({ name }) => only === undefined || name.includes(only))) {
    await page.setViewportSize(shot.phone === true ? PHONE : shot.tall === true ? TALL : WIDE);
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
