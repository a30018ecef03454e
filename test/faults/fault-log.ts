import { readFileSync } from "node:fs";

/** What the shim has written down, in the order in which it happened. Paths are absolute. */
export type FaultRecord =
  | { readonly kind: "write"; readonly path: string; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "create" | "unlink"; readonly path: string }
  | { readonly kind: "rename" | "link"; readonly path: string; readonly to: string }
  | { readonly kind: "acknowledged"; readonly text: string };

const HEAD_BYTES = 24;

export function readFaultLog(path: string): FaultRecord[] {
  const bytes = readFileSync(path);
  const records: FaultRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [letter, pathLength, dataLength] = [0, 4, 8].map((skip) => bytes.readUInt32LE(at + skip)) as [
      number,
      number,
      number,
    ];
    const number = Number(bytes.readBigUInt64LE(at + 16));
    const dataAt = at + HEAD_BYTES + pathLength;
    const file = bytes.toString("utf8", at + HEAD_BYTES, dataAt);
    at = dataAt + dataLength;
    records.push(toRecord(String.fromCharCode(letter), file, number, bytes.subarray(dataAt, at)));
  }
  return records;
}

function toRecord(letter: string, path: string, number: number, data: Buffer): FaultRecord {
  switch (letter) {
    case "W":
      return { kind: "write", path, position: number, bytes: data };
    case "T":
      return { kind: "truncate", path, sizeBytes: number };
    case "S":
      return { kind: "sync", path };
    case "C":
      return { kind: "create", path };
    case "U":
      return { kind: "unlink", path };
    case "R":
      return { kind: "rename", path, to: data.toString() };
    case "L":
      return { kind: "link", path, to: data.toString() };
    case "A":
      return { kind: "acknowledged", text: data.toString() };
    default:
      throw new Error(`the fault shim wrote a record of kind ${letter}`);
  }
}
