/** `3.51.3` as numbers. */
export function versionNumbers(version: string): number[] {
  return version.split(".").map((part) => Number.parseInt(part, 10));
}

/** @returns below zero where `a` is older than `b`, zero where it is the same */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (const [index, part] of b.entries()) {
    const difference = (a[index] ?? 0) - part;
    if (difference !== 0) return difference;
  }
  return 0;
}
