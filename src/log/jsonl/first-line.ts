const FIRST_LINE = /^\{"v":1,"offset":(\d{1,16}),/;

/** Enough of a file to see which offset its first line has. */
export const HEAD_BYTES = 48;

/** The offset that a file of lines begins with; undefined where its head says none, because it is empty, torn, or another. */
export function firstOffsetOf(head: string): number | undefined {
  const match = FIRST_LINE.exec(head);
  return match === null ? undefined : Number(match[1]);
}
