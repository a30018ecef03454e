/** The id of the n-th event of a writer: the same in every attempt. */
export function writerEventId(writer: number, n: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `0190b000-${hex(writer, 4)}-7000-8000-${hex(n, 12)}`;
}
