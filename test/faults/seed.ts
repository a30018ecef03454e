let seed: number | undefined;

/** FAULT_SEED, else one that the clock gives: the same for all of a test file. */
export function faultSeed(): number {
  seed ??= Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 31);
  return seed;
}

/** A small seeded generator (mulberry32). The seed is printed, and FAULT_SEED repeats a run. */
export function seededRandom(): () => number {
  let state = faultSeed();
  process.stdout.write(`FAULT_SEED=${state}\n`);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The long form of the harness, by hand: `npm run test:faults -- --long`. */
export const IS_LONG = process.env.FAULT_LONG === "1";
