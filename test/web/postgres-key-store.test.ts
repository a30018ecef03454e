import { expect, onTestFinished, test } from "vitest";
import { PostgresKeyStore } from "../../src/log/sql/postgres/postgres-key-store.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { keyIn } from "./web-stores.js";

async function opened(url: string): Promise<PostgresKeyStore> {
  const store = new PostgresKeyStore(url);
  onTestFinished(() => store.close());
  return store;
}

test("a key brings those that were made with it, as far as they are there", async () => {
  const url = await freshPostgresUrl();
  const [one, two] = [await opened(url), await opened(url)];
  expect(await two.read("nobody.0")).toEqual([]);
  const [made, others] = [await one.create(64), await one.create(64)];
  const near = await two.read(made[20]?.id ?? "");
  expect(near.length).toBeGreaterThan(20);
  expect(made).toEqual(expect.arrayContaining([...near]));
  await one.destroy([made[20]?.id ?? "", made[21]?.id ?? ""]);
  expect(await keyIn(two, made[20]?.id ?? "")).toBeNull();
  expect((await two.read(made[20]?.id ?? "")).map(({ id }) => id)).not.toContain(made[21]?.id);
  for (const { id, key } of [...made.slice(0, 20), ...made.slice(22), ...others])
    expect(await keyIn(two, id)).toEqual(key);
});
