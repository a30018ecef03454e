import * as crypto from "node:crypto";
import { QuotedText, quoted } from "./quoted-text.js";

const actors = new QuotedText('{"actor":', ',"dataHash":"');
const types = new QuotedText(',"type":', "}");

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

interface BodyText {
  readonly bodyText: string;
}

/** What seal adds. */
export interface ChainedPlace {
  readonly offset: number;
  readonly version: number;
  readonly recordedAt: string;
}

/** SHA-256 of bytes, or of a text's UTF-8, in lower-case hex. crypto.hash (Node 20.12) takes half the time of createHash. */
export function sha256Hex(text: string | Uint8Array): string {
  return crypto.hash("sha256", text, "hex");
}

/** `sha256(salt "\n" dataText)`: the only thing of an event's data that the chain covers, so data can be redacted. */
export function dataHashOf(salt: string, text: string): string {
  return sha256Hex(hashedData(salt, text));
}

/** What the hash of an event's data is made of. */
export function hashedData(salt: string, text: string): string {
  return `${salt}\n${text}`;
}

/** Canonical JSON of {actor, dataHash, id, meta, stream, type}: those keys stand in sorted order already. */
export function bodyTextOf(body: ChainedBody): string {
  return actors.of(body.actor) + body.dataHash + behindDataHash(body);
}

/** The same up to the name of the stream, for whoever gets to know it later. */
export function bodyTextUpToStream({
  bodyText,
  stream,
  type,
}: Pick<ChainedBody, "stream" | "type"> & BodyText): string {
  return bodyText.slice(0, bodyText.length - streamAndType(stream, type).length);
}

/** And from there to its end. */
export function bodyTextFrom(upToStream: string, stream: string, type: string): string {
  return upToStream + streamAndType(stream, type);
}

/** `sha256(prevHash "\n" offset "\n" version "\n" recordedAt "\n" bodyText)`. */
export function chainHash(prevHash: string, place: ChainedPlace, bodyText: string): string {
  return sha256Hex(beforeBody(prevHash, place) + bodyText);
}

/** What the hash of an event is made of: `head`, the hash of its data, `rest`. */
export function chainTexts(
  prevHash: string,
  event: ChainedPlace & Omit<ChainedBody, "dataHash">,
): { readonly head: string; readonly rest: string } {
  return { head: beforeBody(prevHash, event) + actors.of(event.actor), rest: behindDataHash(event) };
}

function beforeBody(prevHash: string, { offset, version, recordedAt }: ChainedPlace): string {
  return `${prevHash}\n${offset}\n${version}\n${recordedAt}\n`;
}

function behindDataHash({ id, metaText, stream, type }: Omit<ChainedBody, "actor" | "dataHash">): string {
  // The hash before it and the id are hex and UUID: nothing in them needs an escape.
  return `","id":"${id}","meta":${metaText},"stream":${streamAndType(stream, type)}`;
}

function streamAndType(stream: string, type: string): string {
  return quoted(stream) + types.of(type);
}
