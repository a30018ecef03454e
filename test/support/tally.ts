import type { Reporter, TestModule } from "vitest/node";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The last line of a run: `N passed, N failed, N skipped`, to be read by scripts. */
export class Tally implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const counts = countResults(modules);
    // A rejection that no test waited for fails the run, so it has to show in the line too.
    counts.failed += unhandledErrors.length;
    // The default reporter prints its summary in the same hook; this line has to come after it.
    process.once("exit", (code) => {
      // A set-up that threw fails the run without a failed test.
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      console.log(tallyLine(counts));
    });
  }
}

export function tallyLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function countResults(modules: ReadonlyArray<TestModule>): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    // A file that cannot be loaded has no tests, and still is a failure.
    if (module.errors().length > 0) counts.failed++;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") counts.passed++;
      else if (state === "skipped") counts.skipped++;
      else counts.failed++;
    }
  }
  return counts;
}
