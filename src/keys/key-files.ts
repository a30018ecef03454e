import { sep } from "node:path";

/** Where a key lies: `<file>.<slot>`. */
export interface KeyPlace {
  readonly file: string;
  readonly slot: number;
}

const ID = /^([0-9a-f]{32})\.(0|[1-9]\d{0,5})$/;

/** @returns undefined for the key of another kind of store; no id leads out of the folder */
export function placeOfKey(id: string): KeyPlace | undefined {
  const [, file, slot] = ID.exec(id) ?? [];
  return file === undefined ? undefined : { file, slot: Number(slot) };
}

export function keyFilePath(folder: string, file: string): string {
  return `${folder}${sep}${file}.keys`;
}
