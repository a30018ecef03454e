import { IntegrityError } from "../../errors.js";

/**
 * A document as a table beside the log holds it.
 *
 * @param model the name of its projection
 * @throws IntegrityError READ_MODEL_DAMAGED the text is no JSON: somebody or something has changed the table
 */
export function parsedDocument<D>(model: string, body: string): D {
  try {
    return JSON.parse(body) as D;
  } catch (cause) {
    throw new IntegrityError("READ_MODEL_DAMAGED", `the read model ${model} holds a document that is not JSON`, {
      hint: `the log knows better; make it anew: sessiondb projection rebuild ${model}`,
      cause,
    });
  }
}
