import * as z from "zod";
import { importCounts } from "./move-outputs.js";
import { count, type OutputSchema, offset, output, store, time } from "./parts.js";

const at = time.describe("the moment at which it was true");

const webSession = z.object({
  id: z.string().describe("the hash of the session's id"),
  user: z.string().nullable(),
  createdAt: time,
  seenAt: time,
  expiresAt: time,
});

const signedIn = z.object({ user: z.string(), sessions: count, since: time, seenAt: time });

export const WEB_OUTPUTS: readonly OutputSchema[] = [
  output("web-list/1", ["web list"], { offset, at, total: count, items: z.array(webSession) }, webSession),
  output("web-count/1", ["web count"], { offset, at, count }),
  output("web-who/1", ["web who"], { offset, at, items: z.array(signedIn) }),
  output("web-revoke/1", ["web revoke"], { offset, count }),
  output("web-expire/1", ["web expire"], { offset, count }),
  output("web-import/1", ["import tower-sessions", "import connect-pg-simple"], {
    store,
    dryRun: z.boolean(),
    offset,
    ...importCounts,
    expired: count,
    kept: count,
  }),
];
