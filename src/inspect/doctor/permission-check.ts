import { chmodSync } from "node:fs";
import { isOpenToOthers, showsPassword } from "../../config/file-mode.js";
import { shellWord } from "../../log/shell-word.js";
import type { StoredFile } from "../../log/store-exam.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Who else may read or write what is stored, and the passwords in configuration files. */
export const permissionCheck: Check = {
  name: "permissions",
  async look(patient) {
    const exam = await patient.exam();
    const files = exam === undefined || exam.kind === "postgres" ? [] : exam.files();
    const seen = [...files.filter(({ mode }) => isOpenToOthers(mode)).map(openFile), ...configFiles(patient)];
    return seen.length === 0 ? [ok("private", "only you can read the store and the passwords in your files")] : seen;
  },
};

/** Not fixed unasked: a store may be shared on purpose. */
function openFile({ path, mode }: StoredFile): Seen {
  const may = (mode & 0o022) !== 0 ? "read and change" : "read";
  return {
    code: "open-store",
    severity: "warn",
    what: `others may ${may} ${path} (mode ${mode.toString(8)})`,
    why: "sessions name repositories, branches and people; whoever can write can change history",
    mend: command(`chmod go-rwx ${shellWord(path)}`),
  };
}

function configFiles({ options }: Patient): Seen[] {
  return (options.config?.files ?? []).filter(showsPassword).map(({ path, mode }) => ({
    code: "open-password",
    severity: "bad" as const,
    what: `others may read the password in ${path} (mode ${mode.toString(8)})`,
    why: "whoever has it can read and change every session on that server",
    mend: command(`chmod 600 ${shellWord(path)}`),
    fix: async () => {
      chmodSync(path, 0o600);
      return `took ${path} away from others (mode 600)`;
    },
  }));
}
