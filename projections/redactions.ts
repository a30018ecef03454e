import * as z from "zod";

const place = z.int().min(1);

/** The data of `store.redacted`: the events that lost theirs, as ranges of offsets, both ends inclusive. */
export const redactedSchema = z.object({
  ranges: z.array(z.tuple([place, place])),
  subject: z.string().optional(),
});
