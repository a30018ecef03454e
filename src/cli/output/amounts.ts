const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** `81 KiB`: a size in the largest unit of which there is one. */
export function sizeText(bytes: number): string {
  const unit = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Math.round(bytes / 1024 ** unit)} ${UNITS[unit]}`;
}

/** `0.4 s`, `12 s`, `3 min`. */
export function durationText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
