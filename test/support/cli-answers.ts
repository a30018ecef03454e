import { expect } from "vitest";
import type { CliResult } from "./cli.js";

/** The document of a command that was called with --json, and is done. */
export function documentOf({ code, stdout, stderr }: CliResult) {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** How a command that was called with --json was refused; whatever remarks stand before the document of its error. */
export function refusalOf({ code, stdout, stderr }: CliResult): { code: number | null; error: string } {
  expect(stdout).toBe("");
  return { code, error: JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error.code };
}
