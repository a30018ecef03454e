/** A small seeded generator (mulberry32). The seed is printed, and FAULT_SEED repeats a run. */
export function seededRandom(): () => number {
  let state = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 31);
  process.stdout.write(`FAULT_SEED=${state}\n`);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
