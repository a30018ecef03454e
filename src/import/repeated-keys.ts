/** Texts, brackets and separators: all else of a JSON text tells nothing about its keys. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * Keys that stand more than once in the object that a JSON text is, each once. JSON.parse keeps the last value of such a
 * key and says nothing. The text must be valid JSON.
 */
export function repeatedKeys(json: string): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let depth = 0;
  let last = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token === ":" && depth === 1) {
      const key = JSON.parse(last) as string;
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    } else if (token.startsWith('"')) last = token;
  }
  return [...repeated];
}
