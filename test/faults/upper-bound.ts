/**
 * The 95 % upper bound (Clopper-Pearson, one-sided) of a probability of which `failures` of `trials` independent trials
 * spoke. With no failure it is about 3 / trials, the rule of three; 1 where nothing was tried.
 */
export function upperBound95(failures: number, trials: number): number {
  if (failures >= trials) return 1;
  let [low, high] = [failures / trials, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (atMost(failures, trials, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** The probability of at most `failures` of `trials`, each with probability `p`; in logarithms, for large numbers. */
function atMost(failures: number, trials: number, p: number): number {
  let logTerm = trials * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= failures; i++) {
    logTerm += Math.log((trials - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
  }
  return sum;
}
