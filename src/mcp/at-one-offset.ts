import * as inputs from "./inputs.js";
import type { McpContext } from "./mcp-context.js";

/** A writer that never rests shall not keep a reader waiting: then the past is asked, which takes longer. */
const MAX_TRIES = 3;

/**
 * Asks several questions about one state. Present answers come from tables and indexes and those of the past from a fold,
 * so the present is asked as long as nobody writes meanwhile.
 *
 * @param asOf offset, inclusive; undefined: now
 * @param read is given no `asOf` where the present is to be asked
 */
export async function atOneOffset<T>(
  context: McpContext,
  asOf: number | undefined,
  read: (at: { readonly asOf?: number }) => Promise<T>,
): Promise<{ readonly offset: number; readonly value: T }> {
  let offset = await inputs.offsetOf(context, undefined);
  for (let tries = 0; tries < MAX_TRIES && (asOf === undefined || asOf === offset); tries++) {
    const value = await read({});
    const after = await inputs.offsetOf(context, undefined);
    if (after === offset) return { offset, value };
    offset = after;
  }
  const then = asOf ?? offset;
  return { offset: then, value: await read({ asOf: then }) };
}
