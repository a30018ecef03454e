import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { UsageError } from "../errors.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * The built page, read once: no path of a request ever reaches the disk.
 *
 * @returns by name, `index.html` among them
 * @throws UsageError UI_NOT_BUILT
 */
export function readPageFiles(folder: string): ReadonlyMap<string, PageFile> {
  try {
    const names = readdirSync(folder).filter((name) => TYPES[extname(name)] !== undefined);
    if (!names.includes("index.html")) throw new Error("there is no index.html");
    return new Map(
      names.map((name): [string, PageFile] => {
        return [name, { type: TYPES[extname(name)] as string, body: new Uint8Array(readFileSync(join(folder, name))) }];
      }),
    );
  } catch (cause) {
    throw new UsageError("UI_NOT_BUILT", `the page is not in ${folder}`, {
      hint: "install the package again; from the sources: npm run build",
      cause,
    });
  }
}
