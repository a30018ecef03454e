/** What the plots look like; a page that shows one as an image gives it the reader's light or dark. */
const STYLE = `
  svg { color-scheme: light dark; background: #fff; --text: #1b1f24; --faint: #d0d7de; --ahead: #2f7d4f; --behind: #8a93a0;
    --missed: #c2410c; --promise: #1b1f24; --one: #57606a; --two: #1d6fb8; --three: #9a4fb0;
    --four: #b8860b; }
  @media (prefers-color-scheme: dark) { svg { background: #14181d; --text: #e6edf3; --faint: #30363d; --ahead: #4fae75;
    --behind: #768390; --missed: #f08a4b; --promise: #e6edf3; --one: #9da7b3; --two: #5aa9e6; --three: #c58fd6; --four: #e3b341; } }
  text { font: 12px system-ui, sans-serif; fill: var(--text); }
  .title { font-weight: 600; font-size: 14px; }
  .axis { text-anchor: middle; } .row, .figure, .left { text-anchor: end; }
  .tick { stroke: var(--faint); } .one { stroke: var(--one); stroke-width: 1.5; }
  .ahead { fill: var(--ahead); } .behind { fill: var(--behind); } .missed { fill: var(--missed); }
  .spread { stroke: var(--text); stroke-width: 1.2; } .promise { stroke: var(--promise); stroke-width: 2.5; }
`;

/** A whole document; `title` is read to people who do not see it. */
export function svgDocument(width: number, height: number, title: string, parts: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`;
  return `${[open, `<title>${escaped(title)}</title>`, `<style>${STYLE}</style>`, ...parts, "</svg>"].join("\n")}\n`;
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
