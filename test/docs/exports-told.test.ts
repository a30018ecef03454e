import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as express from "../../src/express/session-store.js";
import * as sessiondb from "../../src/index.js";
import * as mcp from "../../src/mcp/mcp-server.js";

const DOCS = fileURLToPath(new URL("../../docs", import.meta.url));

test("every function and class of the package is told of in a page", () => {
  const pages = readdirSync(DOCS).filter((name) => name.endsWith(".md"));
  const words = new Set(pages.flatMap((name) => readFileSync(join(DOCS, name), "utf8").match(/\w+/g) ?? []));
  const exported = Object.keys({ ...sessiondb, ...express, ...mcp });
  expect(exported.filter((name) => !words.has(name))).toEqual([]);
});
