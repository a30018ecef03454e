import { expect, test } from "vitest";
import { evaluate, inOrder, type QueryRow } from "../../src/query/evaluate.js";
import { type Order, type ParsedQuery, parseQuery } from "../../src/query/parse-query.js";
import type { ReadModelShape } from "../../src/query/shape.js";
import { fc } from "../support/fast-check.js";

const SHAPE: ReadModelShape = {
  name: "rows",
  revision: 1,
  fields: [{ name: "rank", type: "number", indexed: true }],
  searchable: false,
};

function row(id: string, rank: number | null): QueryRow {
  return { id, fieldOf: () => rank, matches: () => true };
}

/** Counts how often two places are compared. */
class CountedOrder extends Array<Order> {
  static override get [Symbol.species]() {
    return Array;
  }
  compared = 0;

  override entries() {
    this.compared++;
    return super.entries();
  }
}

test("law: a page is the first rows behind its cursor, however long the list and in whatever order it comes", () => {
  const ranks = fc.array(fc.option(fc.nat(5)), { maxLength: 60 });
  const direction = fc.constantFrom("asc", "desc");
  fc.assert(
    fc.property(ranks, direction, fc.integer({ min: 1, max: 7 }), fc.nat(70), (values, direction, limit, at) => {
      const rows = values.map((rank, i) => row(`r${(i * 37) % 61}`, rank));
      const query = parseQuery(SHAPE, { orderBy: [{ field: "rank", direction }], limit });
      const all = inOrder(rows, query.order);
      const last = all[at];
      const after = last && { values: [last.fieldOf(SHAPE.fields[0] as never)], id: last.id };
      const page: ParsedQuery = { ...query, after };
      const from = last === undefined ? 0 : at + 1;
      expect(evaluate(rows, page)).toEqual({ rows: all.slice(from, from + limit + 1), total: rows.length });
    }),
  );
});

test("a page out of a long list sorts no more than it shows", () => {
  const count = 10_000;
  const rows = Array.from({ length: count }, (_, i) => row(`r${i}`, (i * 7919) % count));
  const query = parseQuery(SHAPE, { orderBy: [{ field: "rank" }], limit: 10 });
  const order = CountedOrder.from(query.order) as CountedOrder;
  const { rows: first, total } = evaluate(rows, { ...query, order });
  expect(first.map((one) => one.fieldOf(SHAPE.fields[0] as never))).toEqual(Array.from({ length: 11 }, (_, i) => i));
  expect(total).toBe(count);
  expect(order.compared).toBeLessThan(2 * count);
});
