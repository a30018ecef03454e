import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { IntegrityError, NotFoundError, SessionDbError, StorageError, UsageError } from "../errors.js";
import { codeOf } from "../files/code-of.js";
import { fileErrorText } from "../files/file-error-text.js";
import { FileLock } from "../files/file-lock.js";
import { sha256Hex } from "../log/hash-chain.js";
import { syncFolder } from "../log/sync-folder.js";
import { fileLines } from "./file-lines.js";
import type { SigningKey } from "./signing-key.js";
import {
  assertSigned,
  decodeSignature,
  encodeSignature,
  NO_PREVIOUS,
  signatureWrong,
  type TailSignature,
} from "./tail-signature.js";

const MAX_LINE_BYTES = 64 * 1024;
const LOCK_MS = 10_000;
const BEGINNING = '{"hash":';

/**
 * The signatures of a file, oldest first, each checked: made by one of `keys`, bound to the line before it, and of no smaller
 * offset. The first may be a line that was taken out of a longer file.
 *
 * @throws NotFoundError SIGNATURES_NOT_FOUND; UsageError SIGNATURES_INVALID it is no file of signatures; IntegrityError
 *   with `line`: SIGNATURE_WRONG, SIGNED_BY_OTHER_KEY, SIGNATURES_CUT it ends inside a line; StorageError
 *   SIGNATURES_FAILED
 */
export async function* readSignatures(
  path: string,
  keys: readonly SigningKey[],
): AsyncGenerator<TailSignature, void, undefined> {
  let [line, previous, offset] = [0, "", 0];
  for await (const { bytes, ended } of linesOf(path)) {
    const text = bytes.toString("utf8");
    if (++line === 1 && !text.startsWith(BEGINNING)) throw noSignatures(path, "it does not begin as one");
    if (!ended) throw cutShort(line);
    const signed = decodeSignature(text);
    if (signed === undefined) throw signatureWrong(line, "no signature is written so");
    assertSigned(signed, keys, line);
    const follows = line === 1 || (signed.previous === previous && signed.offset >= offset);
    if (!follows) throw signatureWrong(line, "it does not follow the line before it");
    [previous, offset] = [sha256Hex(text), signed.offset];
    yield signed;
  }
  if (line === 0) throw noSignatures(path, "it is empty");
}

/**
 * Appends one signature to a file that only grows, made by `make` from the last one in it; readable by its owner only.
 * Durable when it resolves. Two who append to one file wait for each other.
 *
 * @throws as readSignatures, for a file that is there; whatever `make` throws: nothing was written
 */
export async function appendSignature(
  path: string,
  key: SigningKey,
  make: (last: TailSignature | undefined, previous: string) => Promise<TailSignature>,
): Promise<TailSignature> {
  const lock = new FileLock(`${path}.lock`, LOCK_MS);
  return withSignatures(path, async () => {
    assertOrdinaryFile(path);
    try {
      return await lock.hold(async () => {
        const last = await lastSignature(path, key);
        const previous = last === undefined ? NO_PREVIOUS : sha256Hex(encodeSignature(last));
        const signed = await make(last, previous);
        await appendLine(path, `${encodeSignature(signed)}\n`);
        return signed;
      });
    } finally {
      await lock.close();
    }
  });
}

async function lastSignature(path: string, key: SigningKey): Promise<TailSignature | undefined> {
  let last: TailSignature | undefined;
  // An empty one was made beforehand, to give it its rights or to let it only grow (chattr +a).
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) return undefined;
  try {
    for await (const signed of readSignatures(path, [key])) last = signed;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  return last;
}

async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, "a", 0o600);
  try {
    await file.writeFile(line);
    await file.sync();
  } finally {
    await file.close();
  }
  syncFolder(dirname(path));
}

/** A pipe gives its bytes once, and they are read twice; a device keeps nothing. */
function assertOrdinaryFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return;
  throw noSignatures(path, "it is no ordinary file");
}

async function* linesOf(path: string): ReturnType<typeof fileLines> {
  await withSignatures(path, async () => assertOrdinaryFile(path));
  const lines = fileLines(path, MAX_LINE_BYTES);
  for (;;) {
    const { done, value } = await withSignatures(path, () => lines.next());
    if (done === true) return;
    yield value;
  }
}

async function withSignatures<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof SessionDbError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    if (codeOf(cause) === "ENOENT") {
      const hint = "write one with: sessiondb sign --key FILE --append FILE";
      throw new NotFoundError("SIGNATURES_NOT_FOUND", `there is no file ${path}`, { hint });
    }
    if (codeOf(cause) === "EISDIR") throw noSignatures(path, "it is a folder");
    const hint = "check the path, its folder and the disk";
    throw new StorageError("SIGNATURES_FAILED", `${path}: ${fileErrorText(cause)}`, { hint, cause });
  }
}

function noSignatures(path: string, why: string): UsageError {
  return new UsageError("SIGNATURES_INVALID", `${path} is no file of signatures: ${why}`, {
    hint: "write one with: sessiondb sign --key FILE -o FILE",
  });
}

function cutShort(line: number): IntegrityError {
  return new IntegrityError("SIGNATURES_CUT", `line ${line}: the file ends inside it, or it is too long`, {
    line,
    hint: "the file was cut short: take the copy that was kept elsewhere",
  });
}
