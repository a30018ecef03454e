import pc from "picocolors";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream gets colours: NO_COLOR (no-color.org) before FORCE_COLOR, of which 0 and false are a no; else where a
 * terminal obeys them. picocolors asks only about stdout, and so would colour a file that stderr goes to.
 */
export function hasColours({ isTTY }: { readonly isTTY?: boolean }, env: Environment): boolean {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM } = env;
  if (NO_COLOR !== "") return false;
  if (FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTTY === true && TERM !== "dumb";
}

export function coloursOf(stream: { readonly isTTY?: boolean }): ReturnType<typeof pc.createColors> {
  return pc.createColors(hasColours(stream, process.env));
}
