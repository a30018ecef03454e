/** What an error of the system, or of a driver, is called; "" where it has no name. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}
