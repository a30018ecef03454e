/** Texts of JSON, and its numbers. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** 2^53 has sixteen digits: most texts hold no such number and are not looked at any further. */
const LONG_NUMBER = /\d{16}/;

/**
 * Puts quotes around the whole numbers that JSON.parse would round and say nothing. What JSON.stringify has written of
 * numbers stays as it is. The text must be valid JSON.
 */
export function quoteRoundedNumbers(json: string): { readonly json: string; readonly numbers: readonly string[] } {
  if (!LONG_NUMBER.test(json)) return { json, numbers: [] };
  const numbers: string[] = [];
  const quoted = json.replace(TOKEN, (token) => {
    if (!/^-?\d{16,}$/.test(token) || JSON.stringify(Number(token)) === token) return token;
    numbers.push(token);
    return `"${token}"`;
  });
  return { json: quoted, numbers };
}

/**
 * JSON of somebody who is there to be asked.
 *
 * @throws SyntaxError no JSON, or a whole number that would be rounded
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const [number] = quoteRoundedNumbers(text).numbers;
  if (number === undefined) return value;
  throw new SyntaxError(`${number} would be rounded; write it as text, "${number}"`);
}
