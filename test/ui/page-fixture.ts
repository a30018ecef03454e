import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { UiServer, type UiServerOptions } from "../../src/ui-server/ui-server.js";
import { cleanUp } from "../support/clean-up.js";
import { openBrowser } from "./browser.js";
import { pageFolder } from "./ui-fixture.js";

let browser: Browser;

/** One browser for the tests of a file. */
export function withBrowser(): void {
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
}

export interface OpenPage {
  readonly page: Page;
  readonly ui: UiServer;
  readonly log: EventLog;
  readonly store: SessionStore;
  /** What the page did that it must not: errors, dialogs, requests to anywhere else. */
  readonly wrongs: readonly string[];
}

export interface PageOptions extends Partial<UiServerOptions> {
  readonly width?: number;
  readonly height?: number;
  /** Where to begin, `?at=3`. */
  readonly search?: string;
}

/** The page of a log in a browser context of its own. */
export async function openPage(log: EventLog = new MemoryLog(), options: PageOptions = {}): Promise<OpenPage> {
  const { width = 1280, height = 860, search = "", ...server } = options;
  const ui = await UiServer.start({ log, pageFolder: pageFolder(), version: "0.0.0", ...server });
  cleanUp(() => ui.close());
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", timezoneId: "UTC" });
  cleanUp(() => context.close());
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const wrongs = watched(page, ui);
  await page.goto(ui.link);
  if (search !== "") await page.goto(`http://127.0.0.1:${ui.port}/${search}`);
  const store = options.writer ?? new SessionStore(log, { actor: "user:ada" });
  return { page, ui, log, store, wrongs };
}

function watched(page: Page, ui: UiServer): readonly string[] {
  const wrongs: string[] = [];
  page.on("pageerror", (error) => wrongs.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrongs.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    // Answers that say what is wrong are logged by the browser itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      wrongs.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`http://127.0.0.1:${ui.port}/`)) wrongs.push(`request: ${request.url()}`);
  });
  return wrongs;
}

/** Waits until a part of the page holds a text. */
export async function sees(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor({ state: "visible" });
}

/** The offset that the slider says. */
export async function offsetOf(page: Page): Promise<number> {
  return Number(await page.getByRole("slider").getAttribute("aria-valuenow"));
}

export async function waitsAt(page: Page, offset: number): Promise<void> {
  await expect.poll(() => offsetOf(page), { timeout: 15_000 }).toBe(offset);
}

/** A session whose every event is known: created, three changes, a wrong value, and another session. */
export async function writeStory(store: SessionStore): Promise<void> {
  await store.create({ session: "auth", branch: "main", status: "CREATED", prState: { exists: true } }); // 1
  await store.update("auth", { status: "PR_OPEN" }, { actor: "agent:claude", reason: "ready for review" }); // 2
  await store.create({ session: "docs", branch: "docs" }, { actor: "agent:codex" }); // 3
  await store.update("auth", { commitCount: 3 }, { actor: "agent:claude" }); // 4
  await store.update("auth", { prState: { exists: false } }, { actor: "agent:codex", reason: "PR state synced" }); // 5
  await store.update("auth", { commitCount: 7 }, { actor: "user:ada", reason: "typo" }); // 6
}
