/** FAULT_SEED, of which `npm run test:faults` makes a new one each time; else one for all runs: only a change turns a test red. */
export function faultSeed(): number {
  return Number(process.env.FAULT_SEED ?? 20_261_123);
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
