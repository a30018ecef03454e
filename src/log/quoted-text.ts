/** Texts as JSON, of which the same one often comes again and again: then it is not written anew (a third of the time). */
export class QuotedText {
  #text = "";
  #quoted = '""';

  of(text: string): string {
    if (text !== this.#text) {
      this.#quoted = JSON.stringify(text);
      this.#text = text;
    }
    return this.#quoted;
  }
}
