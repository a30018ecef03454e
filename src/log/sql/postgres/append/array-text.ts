/** Texts as the one text that Postgres reads as an array of them. */
export function arrayText(texts: readonly string[]): string {
  return `{${texts.map(quoted)}}`;
}

/** One element of such an array. Between quotes only these two mean something. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
