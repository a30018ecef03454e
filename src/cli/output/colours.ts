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

/** What --color says, which wins over all variables. */
export const COLOUR_CHOICES = ["auto", "always", "never"] as const;
export type ColourChoice = (typeof COLOUR_CHOICES)[number];

export function coloursOf(
  stream: { readonly isTTY?: boolean },
  choice: ColourChoice = "auto",
): ReturnType<typeof pc.createColors> {
  return pc.createColors(choice === "auto" ? hasColours(stream, process.env) : choice === "always");
}

/** Of a command line that may be wrong somewhere: its error is told in these colours. */
export function colourIn(args: readonly string[]): ColourChoice {
  const at = args.findLastIndex((arg) => arg === "--color" || arg.startsWith("--color="));
  const said = args[at]?.split("=")[1] ?? args[at + 1];
  return COLOUR_CHOICES.find((choice) => at >= 0 && choice === said) ?? "auto";
}
