import type * as z from "zod";
import { collabEventSchemas } from "../../projections/collab-events.js";
import { markEventSchemas } from "../../projections/marks.js";
import { redactedSchema } from "../../projections/redactions.js";
import { sessionEventSchemas } from "../../projections/session-events.js";
import { baseDirSetSchema } from "../../projections/store-settings.js";
import { webEventSchemas } from "../../projections/web-session-events.js";

/** The data of every event type that this program writes. */
export const EVENT_TYPE_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  ...sessionEventSchemas,
  ...markEventSchemas,
  ...webEventSchemas,
  ...collabEventSchemas,
  "store.base-dir-set": baseDirSetSchema,
  "store.redacted": redactedSchema,
};
