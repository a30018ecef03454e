import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { lstat, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { NotFoundError, RefusedError, SessionDbError, StorageError, UsageError } from "../errors.js";
import { codeOf } from "../files/code-of.js";
import { fileErrorText } from "../files/file-error-text.js";
import { boundedBytes, inputChunks } from "../files/input-chunks.js";
import { NewFile } from "../files/new-file.js";
import { syncFolder } from "../log/sync-folder.js";

/** Far more than any key takes: a wrong path may name a log of gigabytes. */
const MAX_KEY_BYTES = 64 * 1024;
const OTHERS = 0o077;

/** A key that signs, or one that checks. */
export interface SigningKey {
  readonly key: KeyObject;
  /** SHA-256 of the public key as DER (SPKI), 64 hex digits: the same for both halves of a pair. */
  readonly fingerprint: string;
  /** Others than the owner of the file can read it. */
  readonly exposed: boolean;
}

export interface CreatedKey {
  readonly privateFile: string;
  readonly publicFile: string;
  /** 64 hex digits. */
  readonly fingerprint: string;
}

/**
 * Makes an Ed25519 pair: the private half at `path` (PEM, PKCS 8, mode 0600 before its first byte), the public one at
 * `path`.pub (PEM, SPKI). Both or none.
 *
 * @throws RefusedError KEY_EXISTS one of the files is there: it is never replaced; StorageError KEY_FILE_FAILED
 */
export async function createSigningKey(path: string): Promise<CreatedKey> {
  const publicFile = `${path}.pub`;
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await withKeyFile(path, async () => {
    await assertFree(publicFile);
    await writeKey(path, privateKey.export({ type: "pkcs8", format: "pem" }));
    await writeKey(publicFile, publicKey.export({ type: "spki", format: "pem" })).catch(async (error) => {
      await rm(path, { force: true }); // half a pair is none, and this half is ours
      throw error;
    });
  });
  return { privateFile: path, publicFile, fingerprint: fingerprintOf(publicKey) };
}

/** @throws NotFoundError KEY_NOT_FOUND; UsageError KEY_INVALID no private Ed25519 key; StorageError KEY_FILE_FAILED */
export async function readPrivateKey(path: string): Promise<SigningKey> {
  const pem = await keyText(path);
  const key = ed25519Of(path, "private", () => createPrivateKey(pem));
  const { mode } = await withKeyFile(path, () => stat(path));
  const exposed = process.platform !== "win32" && (mode & OTHERS) !== 0;
  return { key, fingerprint: fingerprintOf(createPublicKey(key)), exposed };
}

/** Of a private key's file it takes the public half. @throws as readPrivateKey */
export async function readPublicKey(path: string): Promise<SigningKey> {
  const pem = await keyText(path);
  const key = ed25519Of(path, "public", () => createPublicKey(pem));
  return { key, fingerprint: fingerprintOf(key), exposed: false };
}

function fingerprintOf(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

function ed25519Of(path: string, half: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = parse();
  } catch {
    key = undefined; // what OpenSSL says of it may quote the file, and helps nobody
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new UsageError("KEY_INVALID", `${path} holds no ${half} Ed25519 key in PEM without a passphrase`, {
    hint: half === "private" ? "make a pair: sessiondb key create FILE" : "name the .pub file of the pair",
  });
}

async function keyText(path: string): Promise<string> {
  return withKeyFile(path, async () => {
    const bytes = await boundedBytes(inputChunks(path), MAX_KEY_BYTES);
    return bytes === undefined ? "" : bytes.toString("utf8");
  });
}

async function writeKey(path: string, pem: string | Buffer): Promise<void> {
  const file = await NewFile.begin(path);
  try {
    await file.write(String(pem));
    await file.put(false);
    syncFolder(dirname(path));
  } catch (error) {
    throw codeOf(error) === "EEXIST" ? keyExists(path) : error;
  } finally {
    await file.discard();
  }
}

async function assertFree(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined); // whatever keeps us from looking will keep us from writing
  if (there !== undefined) throw keyExists(path);
}

function keyExists(path: string): RefusedError {
  return new RefusedError("KEY_EXISTS", `${path} is there already; it was not touched`, {
    hint: "name another file: a key that is lost cannot sign again",
  });
}

async function withKeyFile<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof SessionDbError) throw cause;
    if (codeOf(cause) === "ENOENT") {
      throw new NotFoundError("KEY_NOT_FOUND", `${path}: no such file or folder`, {
        hint: "make a pair in a folder that is there: sessiondb key create FILE",
      });
    }
    const hint = "check the path, its folder and the rights";
    throw new StorageError("KEY_FILE_FAILED", `${path}: ${fileErrorText(cause)}`, { hint, cause });
  }
}
