import { describe, expect, test } from "vitest";
import type { Query } from "../../src/query/query.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { BACKENDS, opened } from "./backends.js";
import { notes, put } from "./notes.js";

describe.each(BACKENDS)("%s", (_, freshUrl) => {
  async function filled(count = 5) {
    const url = await freshUrl();
    const log = await opened(url);
    for (let i = 1; i <= count; i++) await put(log, `n${i}`, { title: `Note ${i}`, rank: i, done: i % 2 === 0 });
    return { url, log, model: new ReadModel(log, notes()) };
  }
  const idsOf = async (model: ReadModel<{ id: string }>, query: Query = {}) =>
    (await model.query(query)).documents.map(({ id }) => id);

  test("an answer holds everything that another process had appended before", async () => {
    const { url, model } = await filled();
    expect(await idsOf(model, { where: { rank: { gt: 3 } } })).toEqual(["n4", "n5"]);
    const other = await opened(url);
    await put(other, "n9", { rank: 9 });
    await put(other, "n4", null);
    expect(await model.query({ where: { rank: { gt: 3 } }, total: true })).toMatchObject({ offset: 7, total: 2 });
    expect(await idsOf(model, { where: { rank: { gt: 3 } } })).toEqual(["n5", "n9"]);
  });

  test("an answer as of an offset is the answer that was given then", async () => {
    const { log, model } = await filled();
    const query: Query = { orderBy: [{ field: "rank", direction: "desc" }], limit: 3 };
    const then = await model.query(query);
    for (const id of ["n1", "n5", "n6"]) await put(log, id, { rank: 10 });
    expect(await model.query(query, { asOf: 5 })).toEqual(then);
    expect((await model.query(query)).documents).not.toEqual(then.documents);
    expect(await model.get("n6", { asOf: 5 })).toBeNull();
  });

  test("documents that come and go between two pages neither repeat nor hide others", async () => {
    const { log, model } = await filled(6);
    const orderBy = [{ field: "rank" }] as const;
    const first = await model.query({ orderBy, limit: 2 });
    await put(log, "n1", null);
    await put(log, "n0", { rank: 0 });
    await put(log, "n3", { rank: 7 });
    const rest = await model.query({ orderBy, cursor: first.next ?? "" });
    expect([...first.documents, ...rest.documents].map(({ id }) => id)).toEqual(["n1", "n2", "n4", "n5", "n6", "n3"]);
    expect(rest.next).toBeNull();
  });

  test("after a log was cut back, only what is left of it is found, also where it has grown again", async () => {
    const { log, model } = await filled(5);
    await idsOf(model);
    await log.truncateAfter(2, await log.tail());
    expect(await idsOf(model)).toEqual(["n1", "n2"]);
    for (const id of ["x", "y", "z", "n2"]) await put(log, id, { rank: 1 });
    expect(await idsOf(model)).toEqual(["n1", "n2", "x", "y", "z"]);
    expect((await model.check()).differences).toEqual([]);
  });

  test("a poison event stops its own read model, with offset and cause, and no other", async () => {
    const { log, model } = await filled(3);
    await put(log, "n1", { rank: 5 }, "note.poison");
    await put(log, "n2", { rank: 5 });
    const stopped = { code: "PROJECTION_STOPPED", offset: 4, projection: "notes", why: "no such note" };
    await expect(model.query()).rejects.toMatchObject(stopped);
    await expect(model.get("n3")).rejects.toMatchObject(stopped);
    await expect(new ReadModel(log, notes()).query()).rejects.toMatchObject(stopped);
    await expect(model.rebuild()).rejects.toMatchObject(stopped);
    expect((await model.query({}, { asOf: 3 })).documents).toHaveLength(3);
    const mended = new ReadModel(log, notes(2, "none"));
    expect(await idsOf(mended, { where: { rank: 5 } })).toEqual(["n1", "n2"]);
  });

  test("a rebuild gives the same documents, and the old ones answer until it is done", async () => {
    const { log, model } = await filled(4);
    const before = await model.query();
    const asked: Promise<unknown>[] = [];
    await model.rebuild(() => asked.push(model.query()));
    for (const answer of await Promise.all(asked)) expect(answer).toEqual(before);
    expect(await model.query()).toEqual(before);
    await put(log, "n5", { rank: 5 });
    await Promise.all([model.rebuild(), new ReadModel(log, notes()).rebuild(), put(log, "n6", {})]);
    expect(await idsOf(model)).toEqual(["n1", "n2", "n3", "n4", "n5", "n6"]);
    expect((await model.check()).differences).toEqual([]);
  });

  test.each<[string, Query, string]>([
    ["a field that is not declared", { where: { colour: "red" } }, "QUERY_INVALID"],
    ["a field of the prototype", { where: { constructor: "red" } as never }, "QUERY_INVALID"],
    ["a value of another type", { where: { rank: "5" } }, "QUERY_INVALID"],
    ["a number that is none", { where: { rank: Number.NaN } }, "QUERY_INVALID"],
    ["an unknown comparison", { where: { rank: { like: "5" } as never } }, "QUERY_INVALID"],
    ["an order by nothing that is declared", { orderBy: [{ field: "text" }] }, "QUERY_INVALID"],
    ["a direction that is none", { orderBy: [{ field: "rank", direction: "up" as never }] }, "QUERY_INVALID"],
    ["one field twice in the order", { orderBy: [{ field: "rank" }, { field: "rank" }] }, "QUERY_INVALID"],
    ["limit 0", { limit: 0 }, "QUERY_INVALID"],
    ["a limit beyond the highest", { limit: 1001 }, "QUERY_INVALID"],
    ["a search for no word", { search: ' "" * -' }, "QUERY_INVALID"],
    ["a search that is too long", { search: "x ".repeat(501) }, "QUERY_INVALID"],
    ["a cursor that is none", { cursor: "🙂" }, "CURSOR_INVALID"],
  ])("%s is refused", async (_title, query, code) => {
    const { model } = await filled(1);
    await expect(model.query(query)).rejects.toMatchObject({ code });
  });

  test("a cursor of another question is refused", async () => {
    const { model } = await filled();
    const { next } = await model.query({ limit: 2, where: { rank: { gt: 0 } } });
    await expect(model.query({ limit: 2, cursor: next ?? "" })).rejects.toMatchObject({ code: "CURSOR_INVALID" });
  });

  test("quotes and operators in a search are data", async () => {
    const { log, model } = await filled(1);
    await put(log, "q", { text: `OR "quoted" it's 100% (done) NEAR/2 a:b col-umn` });
    for (const search of [
      '"quoted"',
      "it's",
      "100%",
      "(done)",
      "NEAR",
      "OR",
      "a:b",
      "col-umn",
      "quot*",
      '"is it" -OR done',
    ]) {
      const found = await idsOf(model, { search });
      expect([search, found]).toEqual([search, search.includes("-OR") ? [] : ["q"]]);
    }
    for (const search of ["';", "a&b|!c", "\\", "<->", "NOT x"]) await model.query({ search: `${search} q` });
  });

  test("a text of a hundred thousand words is found by its last words and by phrases all over it", async () => {
    const { log, model } = await filled(1);
    const words = Array.from({ length: 100_000 }, (_, i) => (i % 3 === 0 ? "the" : `word${i}`));
    await put(log, "long", { text: words.join(" ") });
    for (const at of [0, 7_998, 8_000, 50_001, 99_990]) {
      expect([at, await idsOf(model, { search: `"${words.slice(at, at + 6).join(" ")}"` })]).toEqual([at, ["long"]]);
    }
    expect(await idsOf(model, { search: "word1 word99998" })).toEqual(["long"]);
    expect(await idsOf(model, { search: '"word1 word99998"' })).toEqual([]);
  });
});
