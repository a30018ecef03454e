import type { Check } from "./check.js";
import { ok } from "./finding.js";

/** Whether records and folders of workspaces belong together; whoever asks for the diagnosis knows where they lie. */
export const workspaceCheck: Check = {
  name: "workspaces",
  async look(patient) {
    const { workspaces } = patient.options;
    if (workspaces === undefined) return [];
    const seen = await workspaces(patient);
    return seen.length === 0 ? [ok("agree", "every workspace has its record, and every record its workspace")] : seen;
  },
};
