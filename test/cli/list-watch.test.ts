import { expect, onTestFinished, test } from "vitest";
import { ACTOR } from "../../src/conformance/target.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { runCli, spawnCli } from "../support/cli.js";
import { SHARED_STORES } from "../support/stores.js";

test.each(SHARED_STORES)(
  "%s: session list --watch lists again after each change, until Ctrl-C",
  async (_, freshUrl) => {
    const url = await freshUrl();
    const log = await openLog(url);
    onTestFinished(() => log.close());
    const store = new SessionStore(log);
    await store.create({ session: "a" }, ACTOR);
    const watching = spawnCli(["session", "list", "--watch", "--json=session"], { env: { SESSIONDB_STORE: url } });
    const lines = watching.lines[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value);
    expect(await next()).toMatchObject({ offset: 1, items: [{ session: "a" }] });
    await store.create({ session: "b" }, ACTOR);
    expect(await next()).toMatchObject({ offset: 2, total: 2 });
    await store.delete("a", ACTOR);
    expect(await next()).toMatchObject({ offset: 3, total: 1, items: [{ session: "b" }] });
    watching.signal("SIGINT");
    expect(await watching.exit).toMatchObject({ code: 130 });
  },
);

test("the past does not change: --watch does not go with --as-of", async () => {
  expect((await runCli(["session", "list", "--watch", "--as-of", "1", "--store", "jsonl:./none.jsonl"])).code).toBe(2);
});
