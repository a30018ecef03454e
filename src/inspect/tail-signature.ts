import { sign, verify } from "node:crypto";
import * as z from "zod";
import { IntegrityError } from "../errors.js";
import { canonicalText } from "../log/canonical.js";
import { GENESIS_HASH } from "../log/hash-chain.js";
import type { ChainPlace } from "./chain-place.js";
import type { SigningKey } from "./signing-key.js";

/**
 * A signed tail, format 1: one line of canonical JSON (RFC 8785), so its keys stand in sorted order:
 *
 *   {"hash":"<64 hex>","key":"<64 hex>","offset":9,"previous":"<64 hex>","signature":"<base64>","signedAt":"…","store":"…","version":1}
 *
 * `signature` is Ed25519 over the UTF-8 bytes of "sessiondb signed tail\n" and the same line without `signature`. The
 * words before it keep a signature that was made for something else from passing here.
 */
const FORMAT = 1;
const PURPOSE = "sessiondb signed tail\n";

export interface TailSignature extends ChainPlace {
  /** The address of the log when it was signed, without passwords. */
  readonly store: string;
  /** ISO 8601 UTC, by the clock of whoever signed. */
  readonly signedAt: string;
  /** Fingerprint of the key, 64 hex digits. */
  readonly key: string;
  /** SHA-256 of the line before it in its file, without the newline; 64 zeros for the first. */
  readonly previous: string;
  /** Base64 of 64 bytes. */
  readonly signature: string;
}

const hex = z.string().regex(/^[0-9a-f]{64}$/);
export const tailSignatureSchema = z.strictObject({
  hash: hex,
  key: hex,
  offset: z.int().min(1),
  previous: hex,
  // The last digit holds two bits only: others than these four would be a second way to write the same bytes.
  signature: z.string().regex(/^[A-Za-z0-9+/]{85}[AQgw]==$/),
  signedAt: z.iso.datetime({ precision: 3 }),
  store: z.string(),
  version: z.literal(FORMAT),
});

export const NO_PREVIOUS = GENESIS_HASH;

/** Signs a place of the log; whether its chain is whole is the caller's to know. */
export function signPlace(
  { offset, hash }: ChainPlace,
  { key, fingerprint }: SigningKey,
  said: { store: string; now: Date; previous: string },
): TailSignature {
  const { store, previous } = said;
  const unsigned = { hash, key: fingerprint, offset, previous, signedAt: said.now.toISOString(), store };
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), key).toString("base64") };
}

/** Without a newline. */
export function encodeSignature(signed: TailSignature): string {
  return canonicalText({ ...signed, version: FORMAT });
}

/** @returns undefined where the text is not exactly what encodeSignature writes */
export function decodeSignature(text: string): TailSignature | undefined {
  const { data } = tailSignatureSchema.safeParse(parsed(text));
  if (data === undefined || canonicalText(data) !== text) return undefined;
  return signatureOf(data);
}

/** What was read, without the number of its format. */
export function signatureOf({ version: _format, ...signed }: z.infer<typeof tailSignatureSchema>): TailSignature {
  return signed;
}

/**
 * @param line its place in the file, from 1
 * @throws IntegrityError SIGNED_BY_OTHER_KEY none of these keys made it; SIGNATURE_WRONG it is not what that key signed
 */
export function assertSigned(signed: TailSignature, keys: readonly SigningKey[], line: number): void {
  const key = keys.find(({ fingerprint }) => fingerprint === signed.key);
  if (key === undefined) {
    throw new IntegrityError("SIGNED_BY_OTHER_KEY", `line ${line}: it was signed by the key ${signed.key}`, {
      line,
      hint: "name the public half of that key, if it is one that you trust",
    });
  }
  const { signature, ...unsigned } = signed;
  if (verify(null, signedBytes(unsigned), key.key, Buffer.from(signature, "base64"))) return;
  throw signatureWrong(line, `it is not what the key ${signed.key} signed`);
}

export function signatureWrong(line: number, why: string): IntegrityError {
  return new IntegrityError("SIGNATURE_WRONG", `line ${line}: ${why}`, {
    line,
    hint: "it was changed after it was signed: take the copy that was kept elsewhere",
  });
}

function signedBytes(unsigned: Omit<TailSignature, "signature">): Buffer {
  return Buffer.from(`${PURPOSE}${canonicalText({ ...unsigned, version: FORMAT })}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no signature either
  }
}
