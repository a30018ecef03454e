import { join } from "node:path";
import { inject } from "vitest";

/** The path of a program that the global setup has bundled. @throws Error with what esbuild said, when it could not */
export function bundledProgram(name: string, path: string): string {
  const error = inject("bundleErrors")[name];
  if (error !== undefined) throw new Error(`${name} could not be bundled: ${error}`);
  return join(inject("bundleFolder"), path);
}
