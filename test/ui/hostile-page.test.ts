import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { openPage, sees, withBrowser } from "./page-fixture.js";

withBrowser();

/** Each would do something where it is taken for markup, a script, an address or a style. */
const PAYLOADS = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "</script><script>alert(1)</script>",
  "</title></style></textarea><svg onload=alert(1)>",
  "\"><iframe srcdoc='<script>parent.alert(1)</script>'>",
  "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "'-alert(1)-'",
  "$" + "{alert(1)} {{constructor.constructor('alert(1)')()}}",
  "<a href='javascript:alert(1)'>click</a><form action='https://evil.example'><button>",
  "<meta http-equiv=refresh content='0;url=https://evil.example'>",
  "<link rel=stylesheet href=https://evil.example/x.css><style>@import 'https://evil.example';</style>",
  "\u202egnp.exe\u202c \u2066hidden\u2069 \u200b\ufeff",
  "line\nbreak\r\n\ttab \u0007bell \u001b[31mred",
  "𝕏 العربية 修复登录🚀 ‏",
  "&lt;b&gt; &#x3c;b&#x3e; %3Cscript%3E",
  "a".repeat(5_000),
];

/** As names may be: without control characters, and not too long. */
function nameOf(text: string, most: number): string {
  return text.replace(/\p{Cc}/gu, " ").slice(0, most);
}

async function hostileLog(): Promise<MemoryLog> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  for (const [i, text] of PAYLOADS.entries()) {
    const session = nameOf(`${i} ${text}`, 200);
    const actor = nameOf(`agent:${text}`, 60);
    await store.create({ session, branch: text, [text]: { [text]: text }, labels: [text] }, { actor, reason: text });
    await store.update(session, { branch: `${text} changed`, status: text }, { actor, reason: text });
    const type = nameOf(`x.${text}`, 60);
    await log.append(
      { stream: `thing-${i}`, events: [{ type, data: { text }, meta: { [text.slice(0, 99)]: text } }] },
      { actor },
    );
  }
  return log;
}

const PANES: Readonly<Record<string, string>> = {
  state: ".tree",
  diff: ".changes",
  blame: ".blame",
  event: ".inspector",
};

/** As the back button does: without loading the page again. */
async function goTo(page: Page, search: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, "", ${JSON.stringify(search)}); dispatchEvent(new PopStateEvent("popstate"))`,
  );
}

test("whatever stands in names, actors, types, reasons and values is shown as text, in every pane", {
  timeout: 120_000,
}, async () => {
  const log = await hostileLog();
  const { page, wrongs } = await openPage(log);
  const { offset: tail } = await log.tail();
  for (let at = 1; at <= tail; at++) {
    const panes = at % 3 === 0 ? ["event"] : ["state", "diff", "blame"];
    for (const pane of panes) {
      await goTo(page, `?at=${at}&pane=${pane}&strip=${at % 2 === 0 ? "growth" : "lanes"}`);
      await sees(page, ".event.chosen", String(at));
      await page
        .locator(PANES[pane] as string)
        .first()
        .waitFor();
    }
  }
  for (const pane of ["watch&path=branch&session=1%20", "all"]) {
    await goTo(page, `?pane=${pane}`);
    await page.locator(".pane-body > *").first().waitFor();
  }
  await page.locator(".table-box").waitFor();
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  const foreign =
    "document.querySelectorAll('main script, main iframe, main img, main link, main style, main a, main meta, main svg').length";
  expect(await page.evaluate(foreign)).toBe(0);
  expect(wrongs).toEqual([]);
});

test("a search and a link with such texts in them are texts, too", async () => {
  const log = await hostileLog();
  const search = PAYLOADS.slice(0, 12)
    .map((text) => `&only=${encodeURIComponent(text)}&type=${encodeURIComponent(text)}`)
    .join("");
  const { page, wrongs } = await openPage(log, {
    search: `?at=1&path=${encodeURIComponent(PAYLOADS[0] as string)}${search}`,
  });
  await sees(page, ".chips", "<script>");
  const box = page.getByRole("searchbox", { name: /find text in events/ });
  await box.fill("<img src=x onerror=alert(1)>");
  await box.press("Enter");
  await sees(page, ".hits", "found");
  expect(wrongs).toEqual([]);
});

test("a text of a megabyte and a record of ten thousand fields leave the page usable", async () => {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "user:ada" });
  const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`field-${i}`, i]));
  await store.create({ session: "big", branch: "<b>".repeat(350_000), ...fields });
  await store.update("big", { branch: "x".repeat(1_048_576) });
  const { page, wrongs } = await openPage(log);
  for (const pane of ["State", "Diff", "Blame", "Event", "All sessions"]) {
    await page.getByRole("tab", { name: pane }).click();
    await page.locator(".tree, .changes, .blame, .inspector, .pane-body table").first().waitFor();
    const drawn = (await page.evaluate("document.body.textContent.length")) as number;
    expect([pane, drawn < 600_000]).toEqual([pane, true]);
  }
  await page.getByRole("tab", { name: "State" }).click();
  await page
    .locator(".tree .leaf", { hasText: "branch" })
    .getByRole("button", { name: /1,048,576 characters/ })
    .click();
  await sees(page, ".tree", "less");
  expect(wrongs).toEqual([]);
});
