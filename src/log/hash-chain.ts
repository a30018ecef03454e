import * as crypto from "node:crypto";

/** The hash before offset 1. */
export const GENESIS_HASH = "0".repeat(64);

/** What the chain binds of one event. Texts are canonical JSON (RFC 8785). */
export interface ChainedBody {
  readonly actor: string;
  readonly dataHash: string;
  readonly id: string;
  readonly metaText: string;
  readonly stream: string;
  readonly type: string;
}

/** What seal adds. */
export interface ChainedPlace {
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
}

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. crypto.hash (Node 20.12) takes half the time of createHash. */
export function sha256Hex(text: string): string {
  return crypto.hash("sha256", text, "hex");
}

/** `sha256(salt "\n" dataText)`: the only thing of an event's data that the chain covers, so data can be redacted. */
export function dataHashOf(salt: string, dataText: string): string {
  return sha256Hex(`${salt}\n${dataText}`);
}

/** Canonical JSON of {actor, dataHash, id, meta, stream, type}: those keys stand in sorted order already. */
export function bodyTextOf(body: ChainedBody): string {
  // dataHash and id are hex and UUID: nothing in them needs an escape.
  return `{"actor":${JSON.stringify(body.actor)},"dataHash":"${body.dataHash}","id":"${body.id}","meta":${body.metaText},"stream":${JSON.stringify(body.stream)},"type":${JSON.stringify(body.type)}}`;
}

/** `sha256(prevHash "\n" offset "\n" version "\n" recordedAt "\n" bodyText)`. */
export function chainHash(prevHash: string, place: ChainedPlace, bodyText: string): string {
  return sha256Hex(`${prevHash}\n${place.offset}\n${place.version}\n${place.recordedAt}\n${bodyText}`);
}
