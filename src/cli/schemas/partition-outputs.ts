import * as z from "zod";
import { count, type OutputSchema, offset, output, store } from "./parts.js";

const partition = z.object({
  name: z.string().describe("of the table"),
  from: offset.nullable().describe("first offset that belongs there; null for the first partition"),
  to: offset
    .nullable()
    .describe("last offset that belongs there; null for the last partition, which takes whatever comes"),
  bytes: count.describe("of the table"),
  indexBytes: count,
  guard: z
    .enum(["own", "bound", "lookup"])
    .describe("how ids are kept from repeating those of earlier partitions; lookup: each is looked up in all of them"),
});

export const PARTITION_OUTPUTS: readonly OutputSchema[] = [
  output("partition/1", ["partition"], {
    store,
    offset,
    dryRun: z.boolean(),
    partitions: z.array(partition).describe("as they were before"),
    events: count.describe("of a partition"),
    converts: z.boolean().describe("the one table of events becomes the first partition"),
    added: z.array(offset).describe("first offsets of the partitions that are added"),
    checkedBytes: count.describe("that the server has to read while others wait"),
    bounded: z.array(z.string()).describe("partitions whose guard becomes bound"),
  }),
  output("partition-list/1", ["partition list"], { store, offset, items: z.array(partition) }),
];
