import type { IntegrityError } from "../../errors.js";
import { shellWord } from "../../log/shell-word.js";
import { advice, command, type Mend } from "./finding.js";
import type { Patient } from "./patient.js";

/**
 * How to get at what stands before the damage, or at all of it where an editor's change can be taken back. It goes into a new
 * file: a damaged log is never changed, because it may be all that is left of what stood behind.
 */
export async function salvage(patient: Patient, error: IntegrityError): Promise<Mend> {
  const { code, offset, byte, undo, hint } = error;
  // Nothing can be restored into it as long as it is there.
  if (code === "LOG_EMPTIED" && hint !== undefined) return advice(hint);
  const exam = await patient.exam();
  const files = exam?.kind === "jsonl" ? exam.files() : [];
  const beside = files.filter(({ path }) => /\.archived-\d+$/.test(path));
  const segments = files.filter(({ path }) => /\.\d{6,}$/.test(path));
  const isOneFile = segments.length === 0;
  // Of a log in segments that is archived as well, the manifest says both, and what is saved is one file.
  if (exam?.kind === "jsonl" && byte !== undefined && (isOneFile || beside.length === 0)) {
    const to = shellWord(`${exam.path}.whole`);
    const all = [...segments.map(({ path }) => path), exam.path].map(shellWord).join(" ");
    const head = isOneFile ? (undo ?? `head -c ${byte} ${all}`) : `cat ${all} | head -c ${byte}`;
    // A log that does not begin with offset 1 needs what says so.
    const named = beside.length === 0 ? [] : [`${exam.path}.manifest.json`, ...beside.map(({ path }) => path)];
    const copies = named.map(
      (path) => ` && cp -n ${shellWord(path)} ${shellWord(path.replace(exam.path, `${exam.path}.whole`))}`,
    );
    // noclobber: what an earlier attempt has saved stays
    return command(
      `( set -C; ${head} > ${to} )${copies.join("")} && sessiondb verify --store ${shellWord(`jsonl:${exam.path}.whole`)}`,
    );
  }
  if (offset !== undefined && offset > 1) {
    return command(`sessiondb events export --to ${offset - 1} -o whole-to-${offset - 1}.jsonl${patient.storeOption}`);
  }
  return advice("bring it back from a backup: sessiondb restore FILE --to URL");
}
