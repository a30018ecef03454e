/** Longer words are cut, in texts and in questions: Postgres takes 2,046 bytes. */
export const MAX_WORD_CHARS = 64;

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Written without spaces between words: each character is a word of its own there, and a longer run is a phrase. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const ACCENTS = /[\u0300-\u036f]/g;

/**
 * The words of a text as all backends search them: lower case, without accents, compatible forms made one. They hold
 * letters, digits and marks only, so they need no quoting in any query language.
 */
export function wordsOf(text: string): string[] {
  const plain = lowerCase(text.normalize("NFKD").replace(ACCENTS, "")).normalize("NFC");
  const words: string[] = [];
  for (const [run] of plain.matchAll(WORD)) {
    if (UNSPACED.test(run)) words.push(...split(run));
    else words.push(cut(run));
  }
  return words;
}

/** The words with one space around each, so that a word, a phrase or a beginning is found as a part of the text. */
export function searchTextOf(texts: readonly string[]): string {
  const words = texts.flatMap(wordsOf);
  return words.length === 0 ? "" : ` ${words.join(" ")} `;
}

/** Behind the decomposition: a letter of a mathematical alphabet is an upper case one only then. Sigmas are one letter. */
function lowerCase(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ");
}

function split(run: string): string[] {
  const words: string[] = [];
  let spaced = "";
  for (const char of run) {
    if (!UNSPACED.test(char)) spaced += char;
    else {
      if (spaced !== "") words.push(cut(spaced));
      spaced = "";
      words.push(char);
    }
  }
  if (spaced !== "") words.push(cut(spaced));
  return words;
}

function cut(word: string): string {
  return word.length <= MAX_WORD_CHARS ? word : [...word].slice(0, MAX_WORD_CHARS).join("");
}
