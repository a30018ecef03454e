/** Texts, brackets and separators: all else of a JSON text tells nothing about its keys. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * Keys that stand more than once in one of the objects of a JSON text, each once. JSON.parse keeps the last value of such
 * a key and says nothing. The text must be valid JSON.
 */
export function repeatedKeys(json: string): string[] {
  const repeated = new Set<string>();
  /** The keys of the objects that are open, undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const seen = open.at(-1);
      if (seen?.has(key)) repeated.add(key);
      seen?.add(key);
    } else if (token.startsWith('"')) last = token;
  }
  return [...repeated];
}
