/** One comparison: the same work done by sessiondb and by a peer, in the same run. */
export interface Comparison {
  readonly name: string;
  readonly peer: string;
  /** How durable each result is when it counts as done. */
  readonly durability: string;
  /** The ratio (peer's time / our time) that is promised, where one is. */
  readonly atLeast?: number;
  readonly unit: string;
  /** Units of work in one call of `ours` and of `theirs`. */
  readonly amount: number;
  /** More would take too long. */
  readonly maxRounds?: number;
  /** Both sides say a number of something that costs, such as bytes: what is shown is that number by unit of work. */
  readonly cost?: true;
  /** Either side may say how many seconds count; else it is the time of the whole call. */
  ours(): Promise<unknown>;
  theirs(): Promise<unknown>;
}

/** Comparisons on one backend, and what closes it. */
export interface Bench {
  readonly comparisons: readonly Comparison[];
  /** What else was seen while they were measured, in whole sentences. */
  remarks?(): readonly string[];
  close(): Promise<void>;
}

export interface Measured {
  readonly name: string;
  readonly peer: string;
  readonly durability: string;
  readonly unit: string;
  readonly atLeast: number | undefined;
  readonly rounds: number;
  /** Units a second, median of the rounds; of what costs, the cost of a unit. */
  readonly ours: number;
  readonly theirs: number;
  /** peer's time / our time, median of the rounds, pair by pair: above 1 we are faster. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

/** So long each side is warmed up: V8 compiles what runs often, and that takes some hundred calls. */
const WARM_SECONDS = 0.5;
/** Of either side in one round: what takes less is repeated, or a round would show what else the machine did meanwhile. */
const LEAST_SECONDS = 0.2;
const MOST_CALLS = 100;

/** Runs both sides in turn, A B A B …, after a warm-up of each, so that drift of the machine hits both. */
export async function measure(comparison: Comparison, wantedRounds: number): Promise<Measured> {
  const rounds = Math.min(wantedRounds, comparison.maxRounds ?? wantedRounds);
  const calls = await warmUp(comparison);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await secondsEach(comparison.ours, calls));
    theirs.push(await secondsEach(comparison.theirs, calls));
  }
  const ratios = ours.map((time, i) => (theirs[i] as number) / time);
  const { name, peer, durability, unit, atLeast, amount } = comparison;
  const figure = (values: readonly number[]) => (comparison.cost ? median(values) / amount : amount / median(values));
  return {
    name,
    peer,
    durability,
    unit,
    atLeast,
    rounds,
    ours: figure(ours),
    theirs: figure(theirs),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
  };
}

/** @returns calls of each side in one round: one of what is long, or says itself what it costs */
async function warmUp({ ours, theirs, maxRounds, cost }: Comparison): Promise<number> {
  const isLong = maxRounds !== undefined || cost === true;
  const fastest = Math.min(await fastestOf(ours, isLong), await fastestOf(theirs, isLong));
  return isLong ? 1 : Math.min(MOST_CALLS, Math.max(1, Math.ceil(LEAST_SECONDS / fastest)));
}

async function fastestOf(work: () => Promise<unknown>, once: boolean): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  const end = performance.now() + WARM_SECONDS * 1000;
  do fastest = Math.min(fastest, await seconds(work));
  while (!once && performance.now() < end);
  return fastest;
}

async function secondsEach(work: () => Promise<unknown>, calls: number): Promise<number> {
  let total = 0;
  for (let call = 0; call < calls; call++) total += await seconds(work);
  return total / calls;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const said = await work();
  return typeof said === "number" ? said : (performance.now() - began) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
