/** Texts as the one text that Postgres reads as an array of them. Between quotes only these two mean something. */
export function arrayText(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`)}}`;
}
