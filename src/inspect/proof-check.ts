import { IntegrityError } from "../errors.js";
import { ChainCheck } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import { decodeLine } from "../log/event-line.js";
import { GENESIS_HASH } from "../log/hash-chain.js";
import { envelopeMatcher, eventMatcher, hasPaths } from "./event-filter.js";
import { brokenProof, encodeEnd, encodeProven, type ProofHeader } from "./proof-lines.js";

export interface ProofReport extends ProofHeader {
  /** Events in the file, shown or hidden. */
  readonly events: number;
  /** Those that match the filter. */
  readonly matched: number;
  /** Of the matching ones: erased in the log, or hidden by whoever wrote the file; their data cannot be told. */
  readonly withoutData: number;
  /** With a condition on paths: hidden events that meet all other conditions. Nobody can tell here whether they match. */
  readonly undecided: number;
}

/** Walks the lines behind the first one of a proof, in their order. Numbers of lines count from 1, the header. */
export class ProofCheck {
  readonly #header: ProofHeader;
  readonly #chain: ChainCheck;
  readonly #isMeant: ReturnType<typeof envelopeMatcher>;
  readonly #matching: ReturnType<typeof eventMatcher>;
  #counts = { matched: 0, withoutData: 0, undecided: 0 };
  #isOver = false;

  /** @throws IntegrityError PROOF_BROKEN */
  constructor(header: ProofHeader) {
    const { after, head, filter, signature } = header;
    this.#header = header;
    if (after.offset > (filter.since ?? 0)) throw broken(1, "it leaves out events that its filter asks for");
    if (after.offset > head.offset) throw broken(1, "it begins behind its head");
    if (signature !== undefined && (signature.offset !== head.offset || signature.hash !== head.hash)) {
      throw broken(1, "its signature is of another head");
    }
    if (after.offset === 0 && after.hash !== GENESIS_HASH) throw broken(1, "no log begins with that hash");
    this.#chain = new ChainCheck({ ...after, recordedAt: "" });
    this.#isMeant = orBroken(1, () => envelopeMatcher(filter));
    this.#matching = orBroken(1, () => eventMatcher(filter));
  }

  get headOffset(): number {
    return this.#header.head.offset;
  }

  /** @returns its offset. @throws IntegrityError PROOF_BROKEN */
  event(text: string, line: number): number {
    this.#assertGoesOn(line);
    const event = orBroken(line, () => decodeLine(text));
    // Written again it must be the same text: then every byte of it is in the hash.
    if (encodeProven(event, !event.redacted) !== `${text}\n`) throw broken(line, "no proof writes an event so");
    const versionBefore = this.#header.after.offset === 0 ? () => 0 : undefined;
    const fault = this.#chain.next(event, versionBefore);
    if (fault !== undefined) throw broken(line, `it does not follow the line before it: ${fault}`);
    orBroken(line, () => this.#count(event, line));
    return event.offset;
  }

  /** @param digest of all lines before this one. @throws IntegrityError */
  end(text: string, line: number, digest: string): void {
    this.#assertGoesOn(line);
    const { after, head } = this.#header;
    const { offset, hash } = this.#chain.tail;
    if (offset < head.offset) {
      throw brokenProof("PROOF_CUT_SHORT", line, `the events end at offset ${offset}, the head is ${head.offset}`);
    }
    if (offset > head.offset || hash !== head.hash)
      throw broken(1, `the events lead to another head, ${offset} ${hash}`);
    const { matched } = this.#counts;
    const right = encodeEnd({ events: head.offset - after.offset, matched, digest });
    if (`${text}\n` !== right) throw wrongEnd(text, line, matched);
    this.#isOver = true;
  }

  /** @param line the one that would come next. @throws IntegrityError PROOF_CUT_SHORT */
  report(line: number): ProofReport {
    if (!this.#isOver) throw brokenProof("PROOF_CUT_SHORT", line, "it is missing: the file has no end");
    const { after, head } = this.#header;
    return { ...this.#header, events: head.offset - after.offset, ...this.#counts };
  }

  #count(event: SealedEvent, line: number): void {
    const { filter } = this.#header;
    if (!event.redacted) {
      if (this.#matching(event) === undefined) throw broken(line, "it shows data that the filter does not ask for");
      this.#counts.matched++;
    } else if (this.#isMeant(event)) {
      if (hasPaths(filter)) this.#counts.undecided++;
      else {
        this.#counts.matched++;
        this.#counts.withoutData++;
      }
    }
  }

  #assertGoesOn(line: number): void {
    if (this.#isOver) throw broken(line, "it stands behind the end");
  }
}

function wrongEnd(text: string, line: number, matched: number): IntegrityError {
  const said = /^\{"end":1,"events":\d+,"matched":(\d+),/.exec(text)?.[1];
  if (said !== undefined && Number(said) !== matched) {
    return brokenProof("PROOF_MISCOUNTED", line, `it says that ${said} events match, but ${matched} do`);
  }
  return brokenProof("PROOF_CHANGED", line, "its digest is not that of the lines before it: line 1 or it was changed");
}

function broken(line: number, why: string): IntegrityError {
  return brokenProof("PROOF_BROKEN", line, why);
}

function orBroken<T>(line: number, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof IntegrityError && cause.line === line) throw cause;
    throw broken(line, (cause as Error).message);
  }
}
