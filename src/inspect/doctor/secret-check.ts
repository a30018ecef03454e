import { legacyStatePath } from "../../config/paths.js";
import { ArchivedError } from "../../errors.js";
import { holdsSecretForm } from "../../import/mask-secrets.js";
import { readPlainFile } from "../../import/plain-file.js";
import { archivedBase } from "../../log/archives.js";
import { eventsOf } from "../../log/paging.js";
import { shellWord } from "../../log/shell-word.js";
import type { Check } from "./check.js";
import { command, ok, type Seen } from "./finding.js";
import type { Patient } from "./patient.js";

/** Secrets in the log, and in the file that Minsky left. Their places are told, never they. */
export const secretCheck: Check = {
  name: "secrets",
  async look(patient) {
    const { seen, rest } = await inLog(patient);
    const all = [...seen, ...(await inLegacyFile(patient))];
    return all.length === 0 ? [ok("none", `no text in the form of a known token or password${rest}`)] : all;
  },
};

interface Looked {
  readonly seen: Seen[];
  /** What was not looked at, to be said behind what was; "" where that is nothing. */
  readonly rest: string;
}

/** Where the beginning is archived and the file not at hand, what is behind it, and that is said. */
async function inLog(patient: Patient): Promise<Looked> {
  try {
    return { seen: await inEvents(patient, 1, ""), rest: "" };
  } catch (error) {
    if (!(error instanceof ArchivedError)) throw error;
    const { offset } = await archivedBase(await patient.log());
    const rest = `; 1..${offset} are archived, and their file is not at hand`;
    return { seen: await inEvents(patient, offset + 1, rest), rest };
  }
}

async function inEvents(patient: Patient, from: number, rest: string): Promise<Seen[]> {
  const log = await patient.log();
  const { offset: total } = await log.tail();
  const [offsets, erasable]: [number[], number[]] = [[], []];
  let count = 0;
  for await (const event of eventsOf(log.readAll({ from, to: total }))) {
    patient.options.onProgress?.("secrets", event.offset, total);
    const inData = holdsSecretForm(event.dataText ?? "");
    if (!inData && !holdsSecretForm(event.metaText)) continue;
    if (count++ >= 5) continue;
    offsets.push(event.offset);
    if (inData) erasable.push(event.offset);
  }
  if (count === 0) return [];
  const more = count > offsets.length ? ` and ${count - offsets.length} more` : "";
  return [
    {
      code: "in-log",
      severity: "warn",
      what: `events ${offsets.join(", ")}${more} hold text in the form of a token, key or password${rest}`,
      why: "whoever reads the log reads it, also in backups and copies: make it worthless where it was issued, then erase it",
      mend: command(`${mendOf(offsets, erasable)}${patient.storeOption}`),
    },
  ];
}

/** Only data can be erased: what stands in meta, in a reason for example, is part of the chain. */
function mendOf([first]: readonly number[], erasable: readonly number[]): string {
  if (erasable.length === 0) return `sessiondb events show ${first}`;
  return `sessiondb redact ${erasable.map((offset) => `--event ${offset}`).join(" ")} --reason "a secret" --dry-run`;
}

async function inLegacyFile({ options }: Patient): Promise<Seen[]> {
  const path = legacyStatePath(options.config?.env ?? process.env);
  const bytes = await readPlainFile(path).catch(() => undefined); // not there, or none that Minsky left
  if (bytes === undefined || !holdsSecretForm(bytes.toString("utf8"))) return [];
  return [
    {
      code: "in-legacy-file",
      severity: "warn",
      what: `${path}, which Minsky left, holds text in the form of a token, key or password`,
      why: "the log has it masked, this file has not",
      mend: command(`chmod 600 ${shellWord(path)}`),
    },
  ];
}
