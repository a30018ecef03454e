import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { checkProof } from "../../src/inspect/check-proof.js";
import { signTail } from "../../src/inspect/sign-tail.js";
import { createSigningKey, readPrivateKey, readPublicKey, type SigningKey } from "../../src/inspect/signing-key.js";
import { encodeSignature } from "../../src/inspect/tail-signature.js";
import { verifySigned } from "../../src/inspect/verify-signed.js";
import { writeProof } from "../../src/inspect/write-proof.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { tempDir } from "../support/temp.js";

let folder = "";
let log: MemoryLog;
let key: SigningKey;
let pub: SigningKey;

beforeEach(async () => {
  folder = tempDir();
  const { privateFile, publicFile } = await createSigningKey(at("k"));
  key = await readPrivateKey(privateFile);
  pub = await readPublicKey(publicFile);
  log = new MemoryLog();
  await grow(log, 5);
});

function at(name: string): string {
  return join(folder, name);
}

async function grow(to: MemoryLog, count: number, text = "x"): Promise<void> {
  for (let i = 0; i < count; i++) {
    await to.append({ stream: "note-1", events: [{ type: "noted", data: { text } }] }, { actor: "ada" });
  }
}

async function signedFile(name = "tail.json"): Promise<string> {
  writeFileSync(at(name), `${encodeSignature(await signTail(log, key))}\n`);
  return at(name);
}

async function codeOf(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => "no error",
    (error) => error.code,
  );
}

describe("keys", () => {
  test("the private half is its owner's only, also where the umask gives everything away", async () => {
    const before = process.umask(0);
    try {
      await createSigningKey(at("open"));
    } finally {
      process.umask(before);
    }
    expect(statSync(at("open")).mode & 0o777).toBe(0o600);
    expect((await readPrivateKey(at("open"))).exposed).toBe(false);
    chmodSync(at("open"), 0o644);
    expect((await readPrivateKey(at("open"))).exposed).toBe(true);
  });

  test("neither half is ever replaced, and half a pair is not left", async () => {
    const pem = readFileSync(at("k"), "utf8");
    expect(await codeOf(createSigningKey(at("k")))).toBe("KEY_EXISTS");
    expect(readFileSync(at("k"), "utf8")).toBe(pem);
    writeFileSync(at("half.pub"), "mine");
    expect(await codeOf(createSigningKey(at("half")))).toBe("KEY_EXISTS");
    expect(statSync(at("half"), { throwIfNoEntry: false })).toBeUndefined();
    expect(await codeOf(createSigningKey(at("no/where")))).toBe("KEY_NOT_FOUND");
  });

  test("what is no such key is refused without a word of it", async () => {
    writeFileSync(at("text"), "secret words");
    const error = await readPrivateKey(at("text")).catch((e) => e);
    expect([error.code, error.message.includes("secret words")]).toEqual(["KEY_INVALID", false]);
    expect(await codeOf(readPrivateKey(at("k.pub")))).toBe("KEY_INVALID");
    expect(await codeOf(readPublicKey(at("none")))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(readPublicKey(folder))).toBe("KEY_FILE_FAILED");
    execFileSync("openssl", ["genrsa", "-out", at("rsa"), "2048"], { stdio: "ignore" });
    expect(await codeOf(readPrivateKey(at("rsa")))).toBe("KEY_INVALID");
  });
});

describe("a signed tail", () => {
  test("of a log that only grew verifies, and says from where nothing is signed", async () => {
    const file = await signedFile();
    await grow(log, 3);
    const report = await verifySigned(log, file, [pub]);
    expect(report).toMatchObject({ ok: true, verified: 8, signatures: 1, last: { offset: 5 }, tail: { offset: 8 } });
  });

  test("finds a log that was cut below it, also to nothing", async () => {
    const file = await signedFile();
    await log.truncateAfter(3, await log.tail());
    expect((await verifySigned(log, file, [pub])).fault).toMatchObject({ code: "SIGNED_LOG_CUT", offset: 4 });
    expect((await verifySigned(new MemoryLog(), file, [pub])).fault).toMatchObject({
      code: "SIGNED_LOG_CUT",
      offset: 1,
    });
  });

  test("finds a log that was written anew with hashes that fit, and between which signatures", async () => {
    const file = await signedFile();
    await signTail(log, key, { append: at("tails") });
    await grow(log, 5);
    await signTail(log, key, { append: at("tails") });
    await log.truncateAfter(7, await log.tail());
    await grow(log, 9, "forged");
    expect((await verifySigned(log, file, [pub])).ok).toBe(true);
    const { fault, verified } = await verifySigned(log, at("tails"), [pub]);
    expect(fault).toMatchObject({ code: "SIGNED_LOG_CHANGED", offset: 10 });
    expect(fault?.message).toContain("some of the events 6..10 are not what was signed");
    expect(verified).toBe(9);
  });

  test("is not made of a damaged log", async () => {
    const jsonl = await openLog(`jsonl:${at("s.jsonl")}`);
    for (const text of ["right", "last"]) {
      await jsonl.append({ stream: "note-1", events: [{ type: "noted", data: { text } }] }, { actor: "ada" });
    }
    await jsonl.close();
    writeFileSync(at("s.jsonl"), readFileSync(at("s.jsonl"), "utf8").replace("right", "wrong"));
    const edited = await openLog(`jsonl:${at("s.jsonl")}`);
    expect(await codeOf(signTail(edited, key, { append: at("tails") }))).toBe("CHAIN_BROKEN");
    expect(statSync(at("tails"), { throwIfNoEntry: false })).toBeUndefined();
    await edited.close();
    expect(await codeOf(signTail(new MemoryLog(), key))).toBe("NOTHING_TO_SIGN");
  });

  test("does not verify with one character of it changed, whichever", async () => {
    const file = await signedFile();
    const text = readFileSync(file, "utf8");
    for (let i = 0; i < text.length - 1; i++) {
      const other = text[i] === "1" ? "2" : "1";
      writeFileSync(file, text.slice(0, i) + other + text.slice(i + 1));
      expect(await codeOf(verifySigned(log, file, [pub])), `character ${i}`).toMatch(/^(SIGN|SIGNATURE)/);
    }
  });

  test("has one form only: the unused bits at its end are zero", async () => {
    const file = await signedFile();
    const digit = /(.)=="/.exec(readFileSync(file, "utf8"))?.[1] as string;
    const next = { A: "B", Q: "R", g: "h", w: "x" }[digit];
    writeFileSync(file, readFileSync(file, "utf8").replace(`${digit}=="`, `${next}=="`));
    expect(await codeOf(verifySigned(log, file, [pub]))).toBe("SIGNATURE_WRONG");
  });

  test("is taken from the key that is named, and from no other", async () => {
    const file = await signedFile();
    const other = await createSigningKey(at("other"));
    const otherKey = await readPublicKey(other.publicFile);
    expect(await codeOf(verifySigned(log, file, [otherKey]))).toBe("SIGNED_BY_OTHER_KEY");
    expect((await verifySigned(log, file, [otherKey, pub])).ok).toBe(true);
    const forged = readFileSync(file, "utf8").replace(pub.fingerprint, otherKey.fingerprint);
    writeFileSync(file, forged);
    expect(await codeOf(verifySigned(log, file, [otherKey]))).toBe("SIGNATURE_WRONG");
  });

  test("can be checked by openssl alone, as the page says", async () => {
    const { signature, ...rest } = JSON.parse(readFileSync(await signedFile(), "utf8"));
    writeFileSync(at("signed.bin"), `sessiondb signed tail\n${JSON.stringify(rest)}`);
    writeFileSync(at("signature.bin"), Buffer.from(signature, "base64"));
    const args = ["-verify", "-pubin", "-inkey", at("k.pub"), "-rawin", "-in", at("signed.bin"), "-sigfile"];
    expect(execFileSync("openssl", ["pkeyutl", ...args, at("signature.bin")], { encoding: "utf8" })).toContain(
      "Verified Successfully",
    );
  });
});

describe("a file of signatures", () => {
  test("grows by one line each time, its owner's only, and reads only what came since", async () => {
    const seen: number[] = [];
    const sign = () => signTail(log, key, { append: at("tails"), onVerified: (offset) => seen.push(offset) });
    await sign();
    await grow(log, 2);
    await sign();
    await sign();
    expect(seen).toEqual([5, 7]);
    expect(statSync(at("tails")).mode & 0o777).toBe(0o600);
    expect(await verifySigned(log, at("tails"), [pub])).toMatchObject({ ok: true, signatures: 3, last: { offset: 7 } });
  });

  test("two who sign at once both get their line", async () => {
    await Promise.all([1, 2, 3, 4].map(() => signTail(log, key, { append: at("tails") })));
    expect(await verifySigned(log, at("tails"), [pub])).toMatchObject({ ok: true, signatures: 4 });
  });

  test("a log that no longer fits it is not signed any more", async () => {
    await signTail(log, key, { append: at("tails") });
    const before = readFileSync(at("tails"), "utf8");
    await log.truncateAfter(3, await log.tail());
    expect(await codeOf(signTail(log, key, { append: at("tails") }))).toBe("SIGNED_LOG_CUT");
    await grow(log, 2, "forged");
    expect(await codeOf(signTail(log, key, { append: at("tails") }))).toBe("SIGNED_LOG_CHANGED");
    expect(readFileSync(at("tails"), "utf8")).toBe(before);
  });

  test.each<[string, string, (lines: string[]) => string]>([
    ["a line taken out", "SIGNATURE_WRONG", ([a, , c]) => `${a}\n${c}\n`],
    ["two lines exchanged", "SIGNATURE_WRONG", ([a, b, c]) => `${a}\n${c}\n${b}\n`],
    ["a line twice", "SIGNATURE_WRONG", ([a, b, c]) => `${a}\n${a}\n${b}\n${c}\n`],
    ["a torn end", "SIGNATURES_CUT", ([a, b, c]) => `${a}\n${b}\n${c?.slice(0, 40)}`],
    ["another file", "SIGNATURES_INVALID", () => '{"v":1}\n'],
    ["nothing", "SIGNATURES_INVALID", () => ""],
    ["a line alone", "no error", ([, , c]) => `${c}\n`],
    ["lines cut off the end", "no error", ([a, b]) => `${a}\n${b}\n`],
  ])("%s: %s", async (_what, code, edit) => {
    for (let i = 0; i < 3; i++) await signTail(log, key, { append: at("tails") });
    writeFileSync(at("tails"), edit(readFileSync(at("tails"), "utf8").trimEnd().split("\n")));
    expect(await codeOf(verifySigned(log, at("tails"), [pub]))).toBe(code);
  });

  test("of nothing yet, made beforehand, is begun; the log itself is never taken for one", async () => {
    writeFileSync(at("tails"), "");
    await signTail(log, key, { append: at("tails") });
    expect((await verifySigned(log, at("tails"), [pub])).ok).toBe(true);
    appendFileSync(at("s.jsonl"), '{"v":1}\n');
    expect(await codeOf(signTail(log, key, { append: at("s.jsonl") }))).toBe("SIGNATURES_INVALID");
    expect(await codeOf(verifySigned(log, at("none"), [pub]))).toBe("SIGNATURES_NOT_FOUND");
  });
});

describe("a proof with a signature inside", () => {
  test("needs no hash from elsewhere, only the public key", async () => {
    await writeProof(log, {}, at("p"), { key });
    expect(await checkProof(at("p"), { keys: [pub] })).toMatchObject({ matched: 5, signature: { offset: 5 } });
    const other = await readPublicKey((await createSigningKey(at("other"))).publicFile);
    expect(await codeOf(checkProof(at("p"), { keys: [other] }))).toBe("SIGNED_BY_OTHER_KEY");
    expect((await checkProof(at("p"))).head.offset).toBe(5);
  });

  test("of one log does not sign another's proof", async () => {
    await writeProof(log, {}, at("p"), { key });
    const signature = /"signature":\{.*?\}/.exec(readFileSync(at("p"), "utf8"))?.[0] as string;
    await grow(log, 1);
    await writeProof(log, {}, at("q"), { key });
    writeFileSync(at("q"), readFileSync(at("q"), "utf8").replace(/"signature":\{.*?\}/, signature));
    expect(await codeOf(checkProof(at("q"), { keys: [pub] }))).toBe("PROOF_BROKEN");
    await writeProof(log, {}, at("r"));
    expect(await codeOf(checkProof(at("r"), { keys: [pub] }))).toBe("PROOF_UNSIGNED");
  });
});
