import stringWidth from "string-width";

/**
 * Text for people in lines of at most `width` columns, broken between its parts (` · `), and inside a part between words.
 * The first line begins with `before`, later ones with `indent`. A word that is wider stands whole, as does a part with a
 * command in it: a terminal wraps that where it must, and it can still be pasted.
 */
export function foldedText(text: string, width: number, before = "", indent = "  "): string[] {
  const lines: string[] = [];
  let line = before;
  for (const piece of piecesOf(text, width - indent.length)) {
    const isFirst = line === before || line === indent;
    const longer = isFirst ? `${line}${piece}` : `${line} ${piece}`;
    if (isFirst || stringWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = `${indent}${piece}`;
    }
  }
  return [...lines, line];
}

/** What is kept on one line. */
function piecesOf(text: string, width: number): string[] {
  return text.split(" · ").flatMap((part, i) => {
    const shown = i === 0 ? part : `· ${part}`;
    return part.includes("sessiondb ") || stringWidth(shown) <= width ? [shown] : shown.split(" ");
  });
}
