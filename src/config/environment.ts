import type { Env } from "./paths.js";
import type { Candidate } from "./resolve-value.js";
import { SETTINGS } from "./settings.js";

/** Who runs a database for an application often sets this for the application alone: it counts last. */
export const LAST_VARIABLE = "DATABASE_URL";

/** What the variables say, of each setting the strongest first. An empty one says nothing. */
export function environmentCandidates(env: Env, base: string): Candidate[] {
  return SETTINGS.flatMap((setting) =>
    setting.variables.flatMap((name) => {
      const raw = env[name];
      return raw === undefined || raw === ""
        ? []
        : [{ setting, raw, base, source: { layer: "environment", name } as const }];
    }),
  );
}
