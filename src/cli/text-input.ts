import { expandPath } from "../config/paths.js";
import { UsageError } from "../errors.js";
import { fileErrorText } from "../files/file-error-text.js";
import { boundedBytes, inputChunks } from "../files/input-chunks.js";
import { parseExactJson } from "../log/whole-numbers.js";

/** Bytes that are read before it is said that there are too many. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** What a command was given as `--text TEXT` or `--file FILE`, of which `-` is stdin. @throws UsageError ARGUMENT_INVALID */
export async function bytesOf({ text, file }: { readonly text?: string; readonly file?: string }): Promise<Buffer> {
  if ((text === undefined) === (file === undefined)) {
    throw new UsageError("ARGUMENT_INVALID", "give either --text or --file", {
      hint: "--file FILE reads a file, --file - reads stdin",
    });
  }
  return file === undefined ? Buffer.from(text as string) : readAll(file);
}

/** The same as text. @throws UsageError ARGUMENT_INVALID where it is no UTF-8 */
export async function textOf(given: { readonly text?: string; readonly file?: string }): Promise<string> {
  const bytes = await bytesOf(given);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError("ARGUMENT_INVALID", `${given.file ?? "the text"} is no UTF-8`, {
      hint: "convert it first; artifacts also take --base64",
      cause,
    });
  }
}

/** A value of an option that takes JSON, so that null and 0 are told from an option that is not given. */
export interface GivenJson {
  readonly json: unknown;
}

/** For options that take JSON. @throws UsageError ARGUMENT_INVALID */
export function jsonOption(name: string): (text: string) => GivenJson {
  return (text) => {
    try {
      return { json: parseExactJson(text) };
    } catch (cause) {
      throw new UsageError("ARGUMENT_INVALID", `${name} takes JSON: ${(cause as Error).message}`, {
        hint: `for example ${name} '{"a":1}'`,
        cause,
      });
    }
  };
}

async function readAll(file: string): Promise<Buffer> {
  const chunks = file === "-" ? process.stdin : inputChunks(expandPath(file));
  let bytes: Buffer | undefined;
  try {
    bytes = await boundedBytes(chunks as AsyncIterable<Buffer>, MAX_INPUT_BYTES);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      "ARGUMENT_INVALID",
      `${file === "-" ? "stdin" : file} cannot be read: ${fileErrorText(cause)}`,
      {
        hint: "name a file that is there, or - for stdin",
        cause,
      },
    );
  }
  if (bytes !== undefined) return bytes;
  throw new UsageError("CONTENT_TOO_LARGE", `${file} has more than ${MAX_INPUT_BYTES} bytes`, {
    hint: "split it into several; nothing was written",
  });
}
