import { describeConfig } from "../../config/describe-config.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";

/** Whether every setting that somebody names can be used. */
export const configurationCheck: Check = {
  name: "configuration",
  async look({ options }) {
    const { config } = options;
    if (config === undefined) return [];
    const faults = describeConfig(config).flatMap(({ key, problem, source }): Seen[] => {
      if (problem === undefined) return [];
      return [
        {
          code: "unusable-value",
          severity: "bad",
          what: `${key}, of ${source?.name ?? "nobody"}: ${problem.message}`,
          why: "a command that needs it fails",
          mend: command(`sessiondb config list --sources`),
        },
      ];
    });
    const files = config.files.map(({ path }) => path).join(", ") || "no files";
    return faults.length === 0 ? [ok("readable", `${files}; every value can be used`)] : faults;
  },
};
