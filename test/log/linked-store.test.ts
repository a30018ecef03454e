import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { tempDir } from "../support/temp.js";

const BACKENDS = [
  ["jsonl", "s.jsonl"],
  ["sqlite", "s.db"],
] as const;

/** A link to a file that is not there yet: `link/to/s.jsonl` → `../next` → `real/s.jsonl`, the last two in another folder. */
function linkedBeforeMade(name: string): { readonly folder: string; readonly link: string; readonly real: string } {
  const folder = tempDir();
  for (const made of ["real", "data", "link"]) mkdirSync(join(folder, made));
  symlinkSync("../data", join(folder, "link", "to"));
  symlinkSync("../next", join(folder, "data", name));
  symlinkSync(join("real", name), join(folder, "next"));
  return { folder, link: join(folder, "link", "to", name), real: join(folder, "real", name) };
}

test.each(BACKENDS)("%s: writers who come by a link to a file that is not there yet share it", async (scheme, name) => {
  const { folder, link, real } = linkedBeforeMade(name);
  const logs = [];
  // One after the other: each finds what is there when it comes, and the first one of all finds nothing.
  for (const path of [link, real, link]) logs.push(await openLog(`${scheme}:${path}`));
  const appends = logs.flatMap((log, i) =>
    Array.from({ length: 60 }, (_, n) =>
      log.append({ stream: `session-${i}`, events: [{ type: "x", data: { n } }] }, { actor: "user:ada" }),
    ),
  );
  await Promise.all(appends);
  for (const log of logs) expect(await verifyLog(log)).toMatchObject({ ok: true, tail: { offset: 180 } });
  for (const log of logs) await log.close();
  expect(readdirSync(join(folder, "data"))).toEqual([name]);
  expect(readdirSync(join(folder, "real"))).toContain(name);
});

test.each(BACKENDS)("%s: a link in a ring is an error", async (scheme, name) => {
  const folder = tempDir();
  symlinkSync(name, join(folder, name));
  await expect(openLog(`${scheme}:${join(folder, name)}`)).rejects.toMatchObject({
    code: expect.stringMatching(/^(STORAGE_FAILED|PATH_INVALID)$/),
  });
});
