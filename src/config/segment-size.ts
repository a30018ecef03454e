const FORM = /^([1-9]\d{0,11})(B|KB|MB|GB|KiB|MiB|GiB)?$/;
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
/** Each segment is a file that is held open: many small ones would take all descriptors. */
const MIN_BYTES = 4096;
const MAX_BYTES = 1024 ** 4;

export const SEGMENT_SIZE_FORM = "a size from 4KiB to 1024GiB, such as 64MiB, 64MB or 67108864";

/** @returns bytes; undefined where the text is no size that a segment can have */
export function segmentSize(text: string): number | undefined {
  const [, digits, unit = "B"] = FORM.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] as number);
  return bytes >= MIN_BYTES && bytes <= MAX_BYTES ? bytes : undefined;
}
