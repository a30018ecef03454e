/** Words as a shell has them: what stands between quotes is one. */
const WORD = /(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+/g;
const INDENT = "      ";

/** A command as it may be pasted, in lines of at most `width` columns where its words allow that; `before` comes first. */
export function foldedLine(before: string, command: string, width = 80): string {
  const lines: string[] = [];
  let line = before;
  for (const word of command.match(WORD) ?? []) {
    const isFirst = line === before || line === INDENT;
    const longer = isFirst ? `${line}${word}` : `${line} ${word}`;
    // Room for the space and the backslash, also in the last line, which is then none the worse.
    if (isFirst || longer.length <= width - 2) line = longer;
    else {
      lines.push(`${line} \\`);
      line = `${INDENT}${word}`;
    }
  }
  return [...lines, line].join("\n");
}
