const UNITS: ReadonlyArray<readonly [letter: string, ms: number]> = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** `2m`, `3h`, `5d`: how long ago, in the largest unit that fits. */
export function relativeTime(time: string, now: Date): string {
  const ms = Math.max(0, now.getTime() - Date.parse(time));
  const [letter, unit] = UNITS.find(([, size]) => ms >= size) ?? ["s", 1000];
  return `${Math.floor(ms / unit)}${letter}`;
}
