import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { tempDir } from "../support/temp.js";

const SOURCE = join(import.meta.dirname, "shim/fault-shim.c");

/** The library that makes calls of a worker fail and writes down what it does to its files. */
export interface FaultShim {
  /** The environment of a worker whose files lie below `root`. */
  env(root: string, orders?: { readonly plan?: string; readonly log?: string }): Record<string, string>;
}

/** Compiled anew for each test file. @returns why there is none, where this machine cannot have it */
export function faultShim(): FaultShim | string {
  if (process.platform !== "linux") return `LD_PRELOAD is Linux's; this is ${process.platform}`;
  const library = join(tempDir(), "fault-shim.so");
  try {
    const flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"];
    execFileSync("cc", [...flags, "-o", library, SOURCE, "-ldl", "-lpthread"], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "there is no C compiler (cc) on this machine";
    throw error; // a compiler that refuses our source is a failure, not a machine without one
  }
  return {
    env: (root, { plan, log } = {}) => ({
      LD_PRELOAD: library,
      FAULT_ROOT: root,
      ...(plan === undefined ? {} : { FAULT_PLAN: plan }),
      ...(log === undefined ? {} : { FAULT_LOG: log }),
    }),
  };
}
