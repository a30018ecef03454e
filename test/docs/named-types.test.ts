import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as express from "../../src/express/session-store.js";
import * as sessiondb from "../../src/index.js";
import * as mcp from "../../src/mcp/mcp-server.js";
import * as testing from "../../src/testing.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRIES = { sessiondb, "sessiondb/express": express, "sessiondb/mcp": mcp, "sessiondb/testing": testing };
/** Of these only something can be named. */
const GENERIC = ["ReadModel", "MemorySnapshots"];

let folder = "";

beforeAll(() => {
  mkdirSync(join(ROOT, ".tmp"), { recursive: true });
  folder = mkdtempSync(join(ROOT, ".tmp/named-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tsc(...args: string[]): string {
  const program = join(ROOT, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8" }).stdout;
}

/** The package as it is installed, with its declarations only. */
function install(): void {
  const home = join(folder, "node_modules/sessiondb");
  mkdirSync(home, { recursive: true });
  copyFileSync(join(ROOT, "package.json"), join(home, "package.json"));
  const out = ["--outDir", join(home, "dist"), "--emitDeclarationOnly"];
  expect(tsc("-p", join(ROOT, ".ci/tsconfig.build.json"), ...out)).toBe("");
}

/** Functions of a caller's own that give what each function and method of the package gives. */
function callerProgram(): string {
  const lines: string[] = [];
  const add = (line: string) => lines.push(`export const own${lines.length} = ${line};`);
  for (const [i, [entry, exported]] of Object.entries(ENTRIES).entries()) {
    lines.push(`import * as e${i} from "${entry}";`);
    for (const [name, value] of Object.entries(exported)) {
      const from = `e${i}.${name}`;
      if (!`${value}`.startsWith("class")) {
        add(`(...given: Parameters<typeof ${from}>) => ${from}(...given)`);
        continue;
      }
      const type = GENERIC.includes(name) ? `${from}<{ id: string }>` : from;
      for (const [member, { get }] of Object.entries(Object.getOwnPropertyDescriptors(value.prototype))) {
        if (member === "constructor") continue;
        const call = `(...(null as unknown as Parameters<${type}["${member}"]>))`;
        add(`(it: ${type}) => it.${member}${get === undefined ? call : ""}`);
      }
    }
  }
  return lines.join("\n");
}

test("whatever a function gives has a name that a caller's own declarations can use", () => {
  install();
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "own.ts"), callerProgram());
  const options = { target: "es2022", lib: ["es2022", "esnext.disposable"], module: "nodenext", types: ["node"] };
  const compilerOptions = { ...options, strict: true, declaration: true, skipLibCheck: false, outDir: "out" };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["own.ts"] }));
  expect(tsc("-p", folder)).toBe("");
});
