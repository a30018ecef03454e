import { createRequire } from "node:module";

/** Read from package.json, two folders up both from dist/cli and from src/cli. */
export const VERSION: string = (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
