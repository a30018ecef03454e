import type { Config } from "../config/layers.js";
import { escapePointer } from "../log/canonical.js";
import { type ScrubMode, type ScrubOptions, scrubPattern } from "../log/scrubber.js";

/** What a configuration says of secrets in what is appended; nothing where it says nothing. @throws UsageError SCRUB_INVALID */
export function configuredScrub(config: Config): { scrub?: ScrubOptions } {
  const [mode, paths, pattern] = ["mode", "paths", "pattern"].map((name) => config.find(`scrub.${name}`)?.value);
  const scrub: ScrubOptions = {
    ...(mode === undefined ? {} : { mode: mode as ScrubMode }), // the setting takes nothing else
    ...(paths === undefined ? {} : { paths: String(paths).split(",").map(pointerOf) }),
    ...(pattern === undefined ? {} : { patterns: [scrubPattern(String(pattern))] }),
  };
  return Object.keys(scrub).length === 0 ? {} : { scrub };
}

/** `prState.token` or `/prState/token`. */
function pointerOf(text: string): string {
  const place = text.trim();
  if (place.startsWith("/") || place === "") return place;
  return place
    .split(".")
    .map((key) => `/${escapePointer(key)}`)
    .join("");
}
