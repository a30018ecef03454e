import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { IntegrityError } from "../errors.js";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of what is sealed; another form gets another one. */
const FORM = 1;

/**
 * Seals the text of a session: base64 of `form (1) | nonce (12) | AES-256-GCM of the text | tag (16)`. The stream's name is
 * authenticated with it, so that what was sealed for one session cannot be put into another.
 */
export function sealText(text: string, key: Buffer, stream: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(stream));
  const body = [cipher.update(text, "utf8"), cipher.final()];
  return Buffer.concat([Buffer.of(FORM), nonce, ...body, cipher.getAuthTag()]).toString("base64");
}

/** @throws IntegrityError WEB_DATA_UNREADABLE another key, or the data was changed */
export function unsealText(sealed: string, key: Buffer, stream: string): string {
  const bytes = Buffer.from(sealed, "base64");
  try {
    if (bytes[0] !== FORM || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) throw new Error("not sealed in a known form");
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(stream)).setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES), undefined, "utf8");
    return text + decipher.final("utf8");
  } catch (cause) {
    throw new IntegrityError("WEB_DATA_UNREADABLE", `the data of ${stream} does not open with its key`, {
      hint: "is this the key store with which it was saved? otherwise run: sessiondb verify",
      cause,
    });
  }
}
