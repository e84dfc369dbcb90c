/** Texts that are remembered; then the pool begins anew. What was handed out stays as it is. */
const maxTexts = 16_384;
/** A longer text is hardly the same twice, and would make the pool large. */
const maxLength = 2_048;

/**
 * One string object for equal texts. A site sees few client stacks in many connections, and every event brings
 * copies of its own: held handshakes would be three times as large.
 */
export class TextPool {
  readonly #texts = new Map<string, string>();
  /** Length of the texts that were not known, added up: what they cost whoever holds them. */
  fresh = 0;

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.fresh += text.length;
    if (text.length > maxLength) return text;
    if (this.#texts.size >= maxTexts) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
