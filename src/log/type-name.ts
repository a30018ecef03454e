/** What a value is that should be something else, for a message: `null`, else as typeof says. */
export function typeName(value: unknown): string {
  return value === null ? "null" : typeof value;
}
