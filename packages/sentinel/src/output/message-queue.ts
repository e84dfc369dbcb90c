/**
 * First-in first-out queue bounded in messages and characters. What does not fit pushes out the oldest:
 * after a long absence of the reader the freshest events are those that can still be joined.
 */
export class MessageQueue {
  readonly #maxMessages: number;
  readonly #maxCharacters: number;
  readonly #messages: (string | undefined)[];
  #first = 0;
  #length = 0;
  #characters = 0;

  constructor(maxMessages: number, maxCharacters: number) {
    this.#maxMessages = maxMessages;
    this.#maxCharacters = maxCharacters;
    this.#messages = new Array<string | undefined>(maxMessages);
  }

  get length(): number {
    return this.#length;
  }

  /** Appends a message: how many were dropped for it (the message itself if it can never fit). */
  push(message: string): number {
    if (message.length > this.#maxCharacters) return 1;
    let dropped = 0;
    while (this.#length === this.#maxMessages || this.#characters + message.length > this.#maxCharacters) {
      this.shift();
      dropped += 1;
    }
    this.#messages[(this.#first + this.#length) % this.#maxMessages] = message;
    this.#length += 1;
    this.#characters += message.length;
    return dropped;
  }

  /** The oldest message, which stays queued. */
  peek(): string | undefined {
    return this.#messages[this.#first];
  }

  /** Removes the oldest message. */
  shift(): void {
    const oldest = this.#messages[this.#first];
    if (oldest === undefined) return;
    this.#messages[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#maxMessages;
    this.#length -= 1;
    this.#characters -= oldest.length;
  }
}
