import { lstat, open } from "node:fs/promises";
import { NotFoundError, RefusedError, SessionDbError, StorageError } from "../errors.js";
import { codeOf } from "../files/code-of.js";
import { fileErrorText } from "../files/file-error-text.js";
import { notAProof, PROOF_BEGINNING } from "./proof-lines.js";

/**
 * A proof is evidence, so an older one is only replaced where that is asked for, and any other file never: it may be the
 * log itself.
 *
 * @returns whether a proof is there, to be replaced
 * @throws RefusedError PROOF_EXISTS
 */
export async function replacesProof(path: string, force: boolean): Promise<boolean> {
  const beginning = await beginningOf(path);
  if (beginning === undefined) return false;
  const isProof = beginning === PROOF_BEGINNING;
  if (isProof && force) return true;
  throw fileExists(path, isProof);
}

function fileExists(path: string, isProof: boolean): RefusedError {
  return new RefusedError("PROOF_EXISTS", `${path} is there already${isProof ? "" : ", and is no proof"}`, {
    hint: isProof ? "replace it with --force, or name another file" : "name another file: --force replaces only proofs",
  });
}

/** @returns undefined where nothing is there; "" where it is no file */
async function beginningOf(path: string): Promise<string | undefined> {
  try {
    if (!(await lstat(path)).isFile()) return "";
    const file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PROOF_BEGINNING.length)).finally(() => file.close());
    return buffer.toString("latin1", 0, bytesRead);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Runs what reads or writes a proof's file. Errors of the file system become ours; all others stay as they are. */
export async function withProofFile<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const { syscall } = cause as NodeJS.ErrnoException;
    if (cause instanceof SessionDbError || syscall === undefined) throw cause;
    if (codeOf(cause) === "EEXIST") throw fileExists(path, false);
    if (codeOf(cause) === "EISDIR") throw notAProof(`${path} is a folder`);
    throw new StorageError("PROOF_FILE_FAILED", `${path}: ${fileErrorText(cause)}`, {
      hint: "check the path, its folder and the disk",
      cause,
    });
  }
}

export function proofNotFound(path: string): NotFoundError {
  return new NotFoundError("PROOF_NOT_FOUND", `there is no file ${path}`, {
    hint: "write one with: sessiondb audit --proof FILE",
  });
}
